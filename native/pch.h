// Compiled once and shared by every file of the addon: LibTorch's headers take far longer than ours.
// ATen/ATen.h and torch/csrc/autograd, with their 3,000 operators, are left to the files that need them.
#pragma once

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/function_schema.h>
#include <ATen/core/stack.h>
#include <torch/library.h>

#include <napi.h>
