#include "sharing.h"

#include "guard.h"
#include "tensor.h"

#include <map>
#include <mutex>
#include <unordered_map>

namespace typetorch {
namespace {

// A parcel is a tensor on its way between two environments: a number in a message, which only the right thread takes
// out again. It belongs to a channel, so that what a lost message named goes when its channel is closed.
struct Channel {
  napi_env owner;
  std::map<int64_t, at::Tensor> parcels;
};

std::mutex channels_mutex;
std::unordered_map<int64_t, Channel> channels;
int64_t next_channel = 1;
int64_t next_parcel = 1;

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

// share_tensor(x, channel): the number of the parcel; zero where nobody listens any more.
Napi::Value share_tensor(const Napi::CallbackInfo& info) {
  // Without its past: a graph belongs to the environment that made it.
  at::Tensor tensor = tensor_argument(info, 0).detach();
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

// parcels_waiting(): how many tensors are on their way in this process.
Napi::Value parcels_waiting(const Napi::CallbackInfo& info) {
  const std::lock_guard<std::mutex> lock(channels_mutex);
  int64_t count = 0;
  for (const auto& [id, channel] : channels) count += static_cast<int64_t>(channel.parcels.size());
  return int_result(info, count);
}

}  // namespace

void export_sharing(Napi::Env env, Napi::Object exports) {
  napi_add_env_cleanup_hook(env, close_channels_of, static_cast<napi_env>(env));
  export_function<open_channel>(env, exports, "open_channel");
  export_function<close_channel>(env, exports, "close_channel");
  export_function<share_tensor>(env, exports, "share_tensor");
  export_function<adopt_tensor>(env, exports, "adopt_tensor");
  export_function<parcels_waiting>(env, exports, "parcels_waiting");
}

}  // namespace typetorch
