// Another addon that exchanges DLPack capsules in the form that docs/worlds.md describes. Plain C, as any addon may be.
#include <ATen/dlpack.h>
#include <node_api.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
  DLManagedTensor* tensor;
} Capsule;

static const napi_type_tag kTag = {0x646c74656e736f72, 0x6e6f64652d617069};
static int deleted = 0;

static void delete_tensor(DLManagedTensor* tensor) {
  deleted++;
  free(tensor->manager_ctx);
  free(tensor->dl_tensor.shape);
  free(tensor);
}

static void finalize(napi_env env, void* data, void* hint) {
  (void)env;
  (void)hint;
  Capsule* capsule = data;
  if (capsule->tensor) capsule->tensor->deleter(capsule->tensor);
  free(capsule);
}

static int number(napi_env env, napi_value value) {
  int32_t found = 0;
  napi_get_value_int32(env, value, &found);
  return found;
}

// produce(device type, offset in elements, tagged): the numbers 0 to 11 as floats of 3 x 4, from the offset on.
static napi_value produce(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  const int offset = number(env, arguments[1]);
  float* data = malloc((size_t)(12 + offset) * sizeof(float));
  for (int i = 0; i < 12 + offset; i++) data[i] = (float)(i - offset);
  DLManagedTensor* tensor = calloc(1, sizeof(DLManagedTensor));
  tensor->manager_ctx = data;
  tensor->deleter = delete_tensor;
  tensor->dl_tensor.data = data;
  tensor->dl_tensor.byte_offset = (uint64_t)offset * sizeof(float);
  tensor->dl_tensor.device.device_type = (DLDeviceType)number(env, arguments[0]);
  tensor->dl_tensor.ndim = 2;
  tensor->dl_tensor.dtype = (DLDataType){kDLFloat, 32, 1};
  tensor->dl_tensor.shape = malloc(2 * sizeof(int64_t));
  tensor->dl_tensor.shape[0] = 3;
  tensor->dl_tensor.shape[1] = 4;
  Capsule* capsule = malloc(sizeof(Capsule));
  capsule->tensor = tensor;
  napi_value external;
  napi_create_external(env, capsule, finalize, NULL, &external);
  if (number(env, arguments[2])) napi_type_tag_object(env, external, &kTag);
  return external;
}

// consume(capsule): [dtype code, bits, dimensions, first stride, sum of the elements], where they are floats; takes and lets go of it.
static napi_value consume(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value external, result;
  napi_get_cb_info(env, info, &count, &external, NULL, NULL);
  bool is_ours = false;
  napi_check_object_type_tag(env, external, &kTag, &is_ours);
  napi_create_array(env, &result);
  if (!is_ours) return result;
  Capsule* capsule;
  napi_get_value_external(env, external, (void**)&capsule);
  DLManagedTensor* managed = capsule->tensor;
  if (!managed) return result;
  capsule->tensor = NULL;
  const DLTensor* t = &managed->dl_tensor;
  double sum = 0;
  if (t->dtype.code == kDLFloat && t->dtype.bits == 32 && t->ndim == 2) {
    float* data = (float*)((char*)t->data + t->byte_offset);
    for (int64_t i = 0; i < t->shape[0]; i++)
      for (int64_t j = 0; j < t->shape[1]; j++) {
        sum += data[i * t->strides[0] + j * t->strides[1]];
        data[i * t->strides[0] + j * t->strides[1]] += 1;
      }
  }
  const double facts[] = {t->dtype.code, t->dtype.bits, t->ndim, t->ndim ? (double)t->strides[0] : 0, sum};
  for (uint32_t i = 0; i < 5; i++) {
    napi_value value;
    napi_create_double(env, facts[i], &value);
    napi_set_element(env, result, i, value);
  }
  managed->deleter(managed);
  return result;
}

static napi_value how_many_deleted(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value value;
  napi_create_int32(env, deleted, &value);
  return value;
}

NAPI_MODULE_INIT() {
  const struct {
    const char* name;
    napi_callback call;
  } all[] = {{"produce", produce}, {"consume", consume}, {"deleted", how_many_deleted}};
  for (int i = 0; i < 3; i++) {
    napi_value function;
    napi_create_function(env, all[i].name, NAPI_AUTO_LENGTH, all[i].call, NULL, &function);
    napi_set_named_property(env, exports, all[i].name, function);
  }
  return exports;
}
