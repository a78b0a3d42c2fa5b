#include "callback.h"

#include "guard.h"

#include <ATen/ThreadLocalState.h>
#include <c10/core/GradMode.h>
#include <c10/core/InferenceMode.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <unordered_map>

namespace typetorch {
namespace {

// Environments that have not ended, with the references that died on another thread than theirs.
std::mutex open_mutex;
std::unordered_map<napi_env, std::vector<napi_ref>> open_environments;

void close_environment(void* env) {
  const std::lock_guard<std::mutex> lock(open_mutex);
  open_environments.erase(static_cast<napi_env>(env));
}

// Where in the graph hooks are. They may die on any thread.
std::mutex places_mutex;
std::unordered_multimap<const void*, WeakHook*> places;

// What was thrown in JavaScript crosses LibTorch's threads as its text: the value itself stays on its own thread.
struct ThrownElsewhere : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// One thread that serves, and those that ask.
struct Desk {
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<void()>> asked;
  bool finished = false;
  std::exception_ptr failure;
  // The first that JavaScript threw while it was served.
  std::optional<Napi::Error> thrown;
};

std::mutex desks_mutex;
std::unordered_map<Environment*, std::vector<std::shared_ptr<Desk>>> desks;

std::shared_ptr<Desk> desk_of(Environment& environment) {
  const std::lock_guard<std::mutex> lock(desks_mutex);
  const auto found = desks.find(&environment);
  return found == desks.end() || found->second.empty() ? nullptr : found->second.back();
}

void ask(Desk& desk, const std::function<void()>& call) {
  std::mutex mutex;
  std::condition_variable done;
  bool is_done = false;
  std::exception_ptr failure;
  {
    const std::lock_guard<std::mutex> lock(desk.mutex);
    // LibTorch's modes belong to the thread: the caller's hold while its call is served.
    desk.asked.push_back([&, state = at::ThreadLocalState()] {
      try {
        const at::ThreadLocalStateGuard modes(state);
        call();
      } catch (const Napi::Error& error) {
        if (!desk.thrown) desk.thrown = error;
        failure = std::make_exception_ptr(ThrownElsewhere(error.Message()));
      } catch (...) {
        failure = std::current_exception();
      }
      const std::lock_guard<std::mutex> waiting(mutex);
      is_done = true;
      done.notify_one();
    });
  }
  desk.changed.notify_one();
  std::unique_lock<std::mutex> lock(mutex);
  done.wait(lock, [&] { return is_done; });
  if (failure) std::rethrow_exception(failure);
}

}  // namespace

variable_list tensors_of(Environment& environment, const Napi::Value& value) {
  variable_list list;
  if (!value.IsArray()) return list;
  const auto handles = value.As<Napi::Array>();
  for (uint32_t i = 0; i < handles.Length(); i++) {
    const int32_t handle = handles.Get(i).As<Napi::Number>().Int32Value();
    list.push_back(handle == 0 ? at::Tensor() : environment.tensor(handle));
  }
  return list;
}

Napi::Array handles_of(Environment& environment, const variable_list& tensors) {
  Napi::Array handles = Napi::Array::New(environment.env, tensors.size());
  for (size_t i = 0; i < tensors.size(); i++) handles.Set(static_cast<uint32_t>(i), environment.put(tensors[i]));
  return handles;
}

int thread_mode() {
  if (c10::InferenceMode::is_enabled()) return c10::GradMode::is_enabled() ? 3 : 2;
  return c10::GradMode::is_enabled() ? 0 : 1;
}

Held::Held(Environment& environment, napi_value value, Strength strength)
    : environment(environment), env_(environment.env), thread_(environment.thread) {
  napi_create_reference(env_, value, static_cast<uint32_t>(strength), &reference_);
  const std::lock_guard<std::mutex> lock(open_mutex);
  auto& dead = open_environments[env_];
  for (napi_ref reference : dead) napi_delete_reference(env_, reference);
  dead.clear();
}

Held::~Held() {
  const std::lock_guard<std::mutex> lock(open_mutex);
  const auto open = open_environments.find(env_);
  if (open == open_environments.end()) return;  // Node frees what is left
  if (std::this_thread::get_id() == thread_)
    napi_delete_reference(env_, reference_);
  else
    open->second.push_back(reference_);
}

napi_value Held::get() const {
  napi_value value = nullptr;
  napi_get_reference_value(env_, reference_, &value);
  return value;
}

void on_thread_of(Environment& environment, const std::function<void()>& call) {
  const auto scoped = [&] {
    const Napi::HandleScope scope(environment.env);
    call();
  };
  if (std::this_thread::get_id() == environment.thread) return scoped();
  const auto desk = desk_of(environment);
  TORCH_CHECK(desk != nullptr, "a function written in JavaScript was called on another thread than its own");
  ask(*desk, scoped);
}

void serve_while(Environment& environment, const std::function<void()>& work) {
  const auto desk = std::make_shared<Desk>();
  {
    const std::lock_guard<std::mutex> lock(desks_mutex);
    desks[&environment].push_back(desk);
  }
  std::thread worker([&, state = at::ThreadLocalState()] {
    try {
      const at::ThreadLocalStateGuard modes(state);
      work();
    } catch (...) {
      desk->failure = std::current_exception();
    }
    const std::lock_guard<std::mutex> lock(desk->mutex);
    desk->finished = true;
    desk->changed.notify_one();
  });
  for (std::unique_lock<std::mutex> lock(desk->mutex);;) {
    desk->changed.wait(lock, [&] { return desk->finished || !desk->asked.empty(); });
    if (desk->asked.empty()) break;
    const auto call = std::move(desk->asked.front());
    desk->asked.pop_front();
    lock.unlock();
    call();
    lock.lock();
  }
  worker.join();
  {
    const std::lock_guard<std::mutex> lock(desks_mutex);
    desks[&environment].pop_back();
  }
  if (!desk->failure) return;
  if (desk->thrown) throw *desk->thrown;
  std::rethrow_exception(desk->failure);
}

Napi::Value run_hook(Environment& environment, napi_value function, const Napi::Value& argument) {
  return environment.run_hook.Call(
      {Napi::Value(environment.env, function), argument, Napi::Number::New(environment.env, thread_mode())});
}

Napi::Value WeakHook::call(const std::function<Napi::Value()>& argument) const {
  napi_value value = function.get();
  if (value == nullptr) return {};
  return run_hook(environment, value, argument());
}

void WeakHook::attach(const void* place) {
  const std::lock_guard<std::mutex> lock(places_mutex);
  place_ = place;
  places.emplace(place, this);
}

WeakHook::~WeakHook() {
  const std::lock_guard<std::mutex> lock(places_mutex);
  const auto [first, last] = places.equal_range(place_);
  for (auto it = first; it != last; ++it)
    if (it->second == this) {
      places.erase(it);
      return;
    }
}

bool any_attached() {
  const std::lock_guard<std::mutex> lock(places_mutex);
  return !places.empty();
}

void each_attached(const Environment& environment, const void* place, const std::function<void(napi_value)>& call) {
  const std::lock_guard<std::mutex> lock(places_mutex);
  const auto [first, last] = places.equal_range(place);
  for (auto it = first; it != last; ++it) {
    if (&it->second->environment != &environment) continue;
    napi_value value = it->second->function.get();
    if (value != nullptr) call(value);
  }
}

void open_environment(Napi::Env env) {
  {
    const std::lock_guard<std::mutex> lock(open_mutex);
    open_environments[env];
  }
  napi_add_env_cleanup_hook(env, close_environment, static_cast<napi_env>(env));
}

}  // namespace typetorch
