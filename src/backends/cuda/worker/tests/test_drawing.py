"""The adapter of the model that comes with the worker, with weights that are not trained."""

from __future__ import annotations

import torch
from fleet import Fleet
from template import Template

from tetri_worker.shapes.model import initialise, save
from tetri_worker.tensors import unpack

SHAPE = {"id": "32x40", "width": 32, "height": 40, "frames": 1}
CAPTION = "a small red circle in the center on a blue background"


def test_the_model_that_comes_along_serves_at_all_degrees(template: Template, folder: str) -> None:
    torch.manual_seed(0)
    model = initialise(0)
    for parameter in model.transformer.parameters():
        # Fresh weights make every block the identity, and then all degrees would agree whatever they did.
        parameter.data += torch.randn_like(parameter) * 0.02
    save(model, folder)
    fleet = Fleet(template, 2, "shapes", path=folder)
    try:
        found = []
        for key, ranks in (("one", [0]), ("two", [0, 1])):
            answer = fleet.prepare(0, key, SHAPE, 4, prompt=CAPTION)[0]
            assert answer["type"] == "done", answer
            fleet.move(key, 0, [1], SHAPE, 4)
            fleet.run(fleet.group(ranks), {key: 0}, 4)
            header, png = fleet.call(0, "finish", key=key)
            assert (header["picture"]["width"], header["picture"]["height"]) == (32, 40) and png[1:4] == b"PNG"
            found.append(unpack(fleet.fetch(0, key, "latents")[1])["latents"])
        assert ((found[0] - found[1]).abs().max() / found[0].abs().max()).item() < 1e-4
        assert fleet.prepare(0, "odd", SHAPE, 4, prompt="hello there")[0]["code"] == "bad-payload"
    finally:
        fleet.close()
