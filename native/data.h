#pragma once

#include <ATen/core/Tensor.h>
#include <napi.h>

#include <atomic>

namespace typetorch {

// Whether a tensor lies over memory of JavaScript's, which lives as long as the tensor and its environment.
bool is_borrowed(const at::Tensor& tensor);

// Refuses a tensor whose ArrayBuffer was detached, transferred or resized since: its memory is somebody else's now.
extern std::atomic<int> borrowed_storages;
void check_borrowed(const at::Tensor& tensor);

// JavaScript's memory into tensors and back: typed arrays, array buffers, raw bytes.
void export_data(Napi::Env env, Napi::Object exports);

}  // namespace typetorch
