"""The adapters by name."""

from __future__ import annotations

import traceback

import torch

from ..failures import Fatal, describe, is_out_of_memory
from .base import Adapter, ModelConfig

NAMES = ("shapes", "flux", "sd3", "tiny-flux", "tiny-sd3")


def load_adapter(config: ModelConfig, device: torch.device) -> Adapter:
    """Load a model; raises Fatal with a code that says what is wrong with it."""
    if config.adapter not in NAMES:
        raise Fatal("bad-model", f"there is no adapter {config.adapter}; there are {', '.join(NAMES)}")
    try:
        return _load(config, device)
    except FileNotFoundError as error:
        raise Fatal("model-not-found", describe(error)) from None
    except ImportError as error:
        raise Fatal("bad-model", f"a package that the adapter needs is missing: {describe(error)}") from None
    except Fatal:
        raise
    except Exception as error:
        if is_out_of_memory(error):
            detail = f"the model does not fit: {describe(error)}; a 16 bit dtype needs half of what float32 does"
            raise Fatal("out-of-memory", detail) from None
        # Folders with other contents than a model make the libraries raise all kinds of errors.
        traceback.print_exc()
        raise Fatal("bad-model", f"the model cannot be loaded: {describe(error)}") from None


def _load(config: ModelConfig, device: torch.device) -> Adapter:
    if config.adapter == "tiny-flux":
        from .tiny import TinyFluxAdapter

        return TinyFluxAdapter(config, device)
    if config.adapter == "tiny-sd3":
        from .tiny import TinySd3Adapter

        return TinySd3Adapter(config, device)
    if config.adapter == "shapes":
        from .shapes import ShapesAdapter

        return ShapesAdapter(config, device)
    if config.adapter == "flux":
        from .flux import FluxPipelineAdapter

        return FluxPipelineAdapter(config, device)
    from .sd3 import Sd3PipelineAdapter

    return Sd3PipelineAdapter(config, device)
