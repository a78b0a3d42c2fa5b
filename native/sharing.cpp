#include "sharing.h"

#include "data.h"
#include "guard.h"
#include "in_use.h"
#include "out_of_memory.h"
#include "status.h"
#include "tensor.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace typetorch {
namespace {

// A parcel is a tensor on its way between two environments: a number in a message, which only the right thread takes
// out again. It belongs to a channel, so that what a lost message named goes when its channel is closed.
struct Channel {
  napi_env owner;
  std::map<int64_t, at::Tensor> parcels;
  std::deque<std::vector<uint8_t>> messages = {};
};

std::mutex channels_mutex;
std::unordered_map<int64_t, Channel> channels;
int64_t next_channel = 1;
int64_t next_parcel = 1;

// Storages that other threads use. A weak count keeps a StorageImpl's address from being used again, not its memory.
std::mutex shared_mutex;
std::unordered_map<const c10::StorageImpl*, c10::weak_intrusive_ptr<c10::StorageImpl>> shared_storages;
size_t most_shared = 1024;

void mark_shared(const at::Tensor& tensor) {
  if (!tensor.has_storage()) return;
  c10::StorageImpl* storage = tensor.storage().unsafeGetStorageImpl();
  const std::lock_guard<std::mutex> lock(shared_mutex);
  // As Python's shared memory: growing would free what another thread reads.
  if (storage->resizable()) storage->set_resizable(false);
  if (shared_storages.size() >= most_shared) {
    std::erase_if(shared_storages, [](const auto& entry) { return entry.second.expired(); });
    most_shared = std::max(size_t{1024}, 2 * shared_storages.size());
  }
  shared_storages.try_emplace(storage, tensor.storage().getWeakStorageImpl());
}

// share_memory(x): its storage, and so all views of it in all threads.
Napi::Value share_memory(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = peek_argument(info, 0);
  (void)tensor.storage();  // what has none is an error
  mark_shared(tensor);
  return info.Env().Undefined();
}

Napi::Value is_shared(const Napi::CallbackInfo& info) {
  const at::Tensor& tensor = peek_argument(info, 0);
  const c10::StorageImpl* storage = tensor.storage().unsafeGetStorageImpl();
  if (tensor.is_cuda()) return Napi::Boolean::New(info.Env(), true);
  const std::lock_guard<std::mutex> lock(shared_mutex);
  return Napi::Boolean::New(info.Env(), shared_storages.contains(storage));
}

void close_channels_of(void* owner) {
  std::vector<Channel> dead;  // destroyed outside of the lock
  const std::lock_guard<std::mutex> lock(channels_mutex);
  for (auto channel = channels.begin(); channel != channels.end();) {
    if (channel->second.owner == static_cast<napi_env>(owner)) {
      dead.push_back(std::move(channel->second));
      channel = channels.erase(channel);
    } else {
      ++channel;
    }
  }
}

// open_channel(): its number. It closes with this environment at the latest.
Napi::Value open_channel(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(channels_mutex);
  const int64_t id = next_channel++;
  channels[id] = {info.Env(), {}};
  return int_result(info, id);
}

// close_channel(channel): whatever was not taken out goes. Closing twice does nothing.
Napi::Value close_channel(const Napi::CallbackInfo& info) {
  Channel dead;
  {
    const std::lock_guard<std::mutex> lock(channels_mutex);
    if (const auto found = channels.find(int_argument(info, 0)); found != channels.end()) {
      dead = std::move(found->second);
      channels.erase(found);
    }
  }
  return info.Env().Undefined();
}

// share_tensor(x, channel, whole): the number of the parcel; zero where nobody listens any more.
Napi::Value share_tensor(const Napi::CallbackInfo& info) {
  at::Tensor tensor = tensor_argument(info, 0, Use::Facts);
  // Without its past: a graph belongs to the environment that made it. `whole` is for one call of that environment's
  // own.
  if (!info[2].As<Napi::Boolean>()) {
    tensor = tensor.detach();
    // Memory of JavaScript's ends with its environment.
    if (is_borrowed(tensor)) {
      if (anything_in_use()) check_read(tensor, "a tensor sent to another thread");
      tensor = tensor.clone();
    }
    mark_shared(tensor);
  }
  const std::lock_guard<std::mutex> lock(channels_mutex);
  const auto found = channels.find(int_argument(info, 1));
  if (found == channels.end()) return int_result(info, 0);
  const int64_t id = next_parcel++;
  found->second.parcels.emplace(id, std::move(tensor));
  return int_result(info, id);
}

// adopt_tensor(channel, parcel): the tensor, once.
Napi::Value adopt_tensor(const Napi::CallbackInfo& info) {
  at::Tensor tensor;
  {
    const std::lock_guard<std::mutex> lock(channels_mutex);
    if (const auto found = channels.find(int_argument(info, 0)); found != channels.end()) {
      const auto parcel = found->second.parcels.find(int_argument(info, 1));
      if (parcel != found->second.parcels.end()) {
        tensor = std::move(parcel->second);
        found->second.parcels.erase(parcel);
      }
    }
  }
  TORCH_CHECK(tensor.defined(), "a tensor sent from another thread was taken before, or its channel is closed");
  return tensor_result(info, tensor);
}

// put_message(channel, bytes, most): whether there was room, and somebody who listens.
Napi::Value put_message(const Napi::CallbackInfo& info) {
  const auto bytes = info[1].As<Napi::Uint8Array>();
  const int64_t most = int_argument(info, 2);
  const std::lock_guard<std::mutex> lock(channels_mutex);
  const auto found = channels.find(int_argument(info, 0));
  TORCH_CHECK_VALUE(found != channels.end(), "Queue is closed");
  auto& messages = found->second.messages;
  if (most > 0 && static_cast<int64_t>(messages.size()) >= most) return Napi::Boolean::New(info.Env(), false);
  messages.emplace_back(bytes.Data(), bytes.Data() + bytes.ByteLength());
  return Napi::Boolean::New(info.Env(), true);
}

// take_message(channel): the oldest message's bytes, or null.
Napi::Value take_message(const Napi::CallbackInfo& info) {
  std::vector<uint8_t> bytes;
  {
    const std::lock_guard<std::mutex> lock(channels_mutex);
    const auto found = channels.find(int_argument(info, 0));
    TORCH_CHECK_VALUE(found != channels.end(), "Queue is closed");
    auto& messages = found->second.messages;
    if (messages.empty()) return info.Env().Null();
    bytes = std::move(messages.front());
    messages.pop_front();
  }
  try {
    auto buffer = new_array_buffer(info.Env(), bytes.size());
    std::memcpy(buffer.Data(), bytes.data(), bytes.size());
    return buffer;
  } catch (...) {
    const std::lock_guard<std::mutex> lock(channels_mutex);
    if (const auto found = channels.find(int_argument(info, 0)); found != channels.end())
      found->second.messages.push_front(std::move(bytes));
    throw;
  }
}

// message_count(channel): -1 where it is closed.
Napi::Value message_count(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(channels_mutex);
  const auto found = channels.find(int_argument(info, 0));
  return int_result(info, found == channels.end() ? -1 : static_cast<int64_t>(found->second.messages.size()));
}

// parcels_waiting(): how many tensors are on their way in this process.
Napi::Value parcels_waiting(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(channels_mutex);
  int64_t count = 0;
  for (const auto& [id, channel] : channels) count += static_cast<int64_t>(channel.parcels.size());
  return int_result(info, count);
}

}  // namespace

void export_sharing(Napi::Env env, Napi::Object exports) {
  checked(env, napi_add_env_cleanup_hook(env, close_channels_of, static_cast<napi_env>(env)));
  export_function<open_channel>(env, exports, "open_channel");
  export_function<close_channel>(env, exports, "close_channel");
  export_function<share_tensor>(env, exports, "share_tensor");
  export_function<adopt_tensor>(env, exports, "adopt_tensor");
  export_function<put_message>(env, exports, "put_message");
  export_function<take_message>(env, exports, "take_message");
  export_function<message_count>(env, exports, "message_count");
  export_function<share_memory>(env, exports, "share_memory");
  export_function<is_shared>(env, exports, "is_shared");
  export_function<parcels_waiting>(env, exports, "parcels_waiting");
}

}  // namespace typetorch
