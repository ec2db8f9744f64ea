/**
 * The backend that runs Diffusion Transformers: PyTorch workers, one for each GPU, or on the CPU, with a sequence-parallel degree that
 * changes from chunk to chunk. Needs Node and Python.
 *
 * @packageDocumentation
 */
export { createCudaBackend, type CudaBackend } from './create-cuda-backend.js';
export type { CudaBackendOptions, CudaModel } from './options.js';
export type { CudaArtifact, CudaPayload } from './payload.js';
export { createLocalLauncher, type LocalLauncherOptions } from './launcher/local-launcher.js';
export type { LaunchedWorker, WorkerExit, WorkerLauncher, WorkerListener } from './launcher/launcher.js';
export type { Rendezvous } from './protocol/messages.js';
