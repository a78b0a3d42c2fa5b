// The safetensors format, with the names of Python's safetensors.torch.

export { type LoadFileOptions, load, load_file } from './load_file.js'
export { type LoadModelOptions, load_model, type SaveModelOptions, save_model } from './model.js'
export { SafeOpen, type SafeOpenOptions, safe_open, TensorSlice } from './safe_open.js'
export { type NamedTensors, type SaveFileOptions, save, save_file } from './save_file.js'
