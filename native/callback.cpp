#include "callback.h"

#include "background.h"
#include "guard.h"
#include "out_of_memory.h"
#include "status.h"

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

}  // namespace

// A call that another thread waits for.
struct Asked {
  std::function<void()> call;
  bool is_taken = false;
  bool is_done = false;
  std::exception_ptr failure;
};

// Those that ask an environment's thread, and how it comes to hear of it.
struct Desk {
  std::mutex mutex;
  std::condition_variable changed;
  std::condition_variable answered;
  std::deque<std::shared_ptr<Asked>> asked;
  // How many serve_while are under way, and whether the event loop serves too; how many calls are being served.
  int serving = 0;
  int served = 0;
  napi_threadsafe_function loop = nullptr;
  bool is_closed = false;
  // Errors that died on another thread.
  std::vector<std::unique_ptr<Napi::Error>> dead;
};

namespace {

std::vector<std::unique_ptr<Napi::Error>> take_dead(Desk& desk) {
  const std::lock_guard<std::mutex> lock(desk.mutex);
  return std::move(desk.dead);
}

void answer(Desk& desk, const std::shared_ptr<Asked>& asked) {
  desk.served++;
  try {
    asked->call();
  } catch (...) {
    asked->failure = std::current_exception();
  }
  desk.served--;
  const std::lock_guard<std::mutex> lock(desk.mutex);
  asked->is_done = true;
  desk.answered.notify_all();
}

std::shared_ptr<Asked> take_asked(Desk& desk) {
  const std::lock_guard<std::mutex> lock(desk.mutex);
  if (desk.asked.empty()) return nullptr;
  auto first = std::move(desk.asked.front());
  desk.asked.pop_front();
  first->is_taken = true;
  return first;
}

// Whether it was called: where `longest` is given, an environment that does not come to it by then is not waited for.
bool ask(Environment& environment, const std::function<void()>& call,
         std::optional<std::chrono::milliseconds> longest = std::nullopt) {
  Desk& desk = *environment.desk;
  const auto asked = std::make_shared<Asked>();
  // LibTorch's modes belong to the thread: the caller's hold while its call is served.
  asked->call = [&, modes = ThreadModes()] {
    const ThreadModes::Guard guard(modes);
    try {
      call();
    } catch (const Napi::Error& error) {
      throw ThrownElsewhere(environment, error);
    }
  };
  std::unique_lock<std::mutex> lock(desk.mutex);
  const bool is_open = !desk.is_closed && (desk.serving > 0 || desk.loop != nullptr);
  if (longest && !is_open) return false;
  TORCH_CHECK(is_open, "a function written in JavaScript was called on another thread than its own");
  desk.asked.push_back(asked);
  desk.changed.notify_all();
  // A loop that is closing has its environment's end to come, of which this waits to hear.
  if (desk.loop != nullptr) discard(napi_call_threadsafe_function(desk.loop, nullptr, napi_tsfn_nonblocking));
  // One that is being served has this thread's variables in its hands.
  const auto is_over = [&] { return asked->is_done || (desk.is_closed && !asked->is_taken); };
  if (longest && !desk.answered.wait_for(lock, *longest, is_over) && !asked->is_taken) {
    std::erase(desk.asked, asked);
    return false;
  }
  desk.answered.wait(lock, is_over);
  if (longest && !asked->is_done) return false;
  TORCH_CHECK(asked->is_done, "the thread whose JavaScript function was called has ended");
  if (asked->failure) std::rethrow_exception(asked->failure);
  return true;
}

void on_wake(napi_env env, napi_value, void* context, void*) {
  if (env == nullptr) return;
  auto& environment = *static_cast<Environment*>(context);
  const Napi::HandleScope scope(env);
  take_dead(*environment.desk).clear();
  while (const auto asked = take_asked(*environment.desk)) answer(*environment.desk, asked);
  if (environment.on_turn) environment.on_turn();
}

}  // namespace

variable_list tensors_of(Environment& environment, const Napi::Value& value, Use use, const char* what) {
  variable_list list;
  if (!value.IsArray()) return list;
  const auto handles = value.As<Napi::Array>();
  for (uint32_t i = 0; i < handles.Length(); i++) {
    const int32_t handle = handles.Get(i).As<Napi::Number>().Int32Value();
    list.push_back(handle == 0 ? at::Tensor() : environment.tensor(handle, use, what));
  }
  return list;
}

Napi::Array handles_of(Environment& environment, const variable_list& tensors) {
  Napi::Array handles = Napi::Array::New(environment.env, tensors.size());
  FreshHandles fresh(environment);
  for (size_t i = 0; i < tensors.size(); i++) handles.Set(static_cast<uint32_t>(i), fresh.put(tensors[i]));
  fresh.keep();
  return handles;
}

Mode thread_mode() {
  if (c10::InferenceMode::is_enabled()) return c10::GradMode::is_enabled() ? Mode::GradInInference : Mode::Inference;
  return c10::GradMode::is_enabled() ? Mode::Grad : Mode::NoGrad;
}

Held::Held(Environment& environment, napi_value value, Strength strength)
    : environment(environment), env_(environment.env), thread_(environment.thread) {
  {
    const std::lock_guard<std::mutex> lock(open_mutex);
    auto& dead = open_environments[env_];
    for (napi_ref reference : dead) discard(napi_delete_reference(env_, reference));
    dead.clear();
  }
  // Last: nothing may be thrown once there is a reference, which only the destructor gives back.
  checked(env_, napi_create_reference(env_, value, static_cast<uint32_t>(strength), &reference_));
}

Held::~Held() {
  const std::lock_guard<std::mutex> lock(open_mutex);
  const auto open = open_environments.find(env_);
  if (open == open_environments.end()) return;  // Node frees what is left
  if (std::this_thread::get_id() == thread_)
    discard(napi_delete_reference(env_, reference_));
  else
    open->second.push_back(reference_);
}

napi_value Held::get() const {
  napi_value value = nullptr;
  checked(env_, napi_get_reference_value(env_, reference_, &value));
  return value;
}

ThrownElsewhere::ThrownElsewhere(Environment& environment, const Napi::Error& error)
    : std::runtime_error(error.Message()),
      error(new Napi::Error(error), [desk = environment.desk, thread = environment.thread](Napi::Error* dead) {
        std::unique_ptr<Napi::Error> owned(dead);
        if (std::this_thread::get_id() == thread) return;
        const std::lock_guard<std::mutex> lock(desk->mutex);
        desk->dead.push_back(std::move(owned));
      }) {}

std::shared_ptr<Desk> make_desk() {
  return std::make_shared<Desk>();
}

void on_thread_of(Environment& environment, const std::function<void()>& call) {
  const auto scoped = [&] {
    const Napi::HandleScope scope(environment.env);
    call();
  };
  if (std::this_thread::get_id() == environment.thread) return scoped();
  ask(environment, scoped);
}

bool ask_within(Environment& environment, std::chrono::milliseconds longest, const std::function<void()>& call) {
  return ask(
      environment,
      [&] {
        const Napi::HandleScope scope(environment.env);
        call();
      },
      longest);
}

void serve_while(Environment& environment, const std::function<void()>& work) {
  Desk& desk = *environment.desk;
  bool finished = false;
  std::exception_ptr failure;
  {
    const std::lock_guard<std::mutex> lock(desk.mutex);
    desk.serving++;
  }
  std::thread worker([&, modes = ThreadModes()] {
    try {
      const ThreadModes::Guard guard(modes);
      const WorksFor works_for(environment);
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard<std::mutex> lock(desk.mutex);
    finished = true;
    desk.changed.notify_all();
  });
  for (;;) {
    {
      std::unique_lock<std::mutex> lock(desk.mutex);
      desk.changed.wait(lock, [&] { return finished || !desk.asked.empty(); });
      if (finished) break;
    }
    if (const auto asked = take_asked(desk)) answer(desk, asked);
  }
  worker.join();
  {
    const std::lock_guard<std::mutex> lock(desk.mutex);
    desk.serving--;
  }
  if (!failure) return;
  try {
    std::rethrow_exception(failure);
  } catch (const ThrownElsewhere& thrown) {
    throw Napi::Error(*thrown.error);
  }
}

void serve_by_loop(Environment& environment) {
  Desk& desk = *environment.desk;
  if (desk.loop != nullptr) return;
  napi_value name;
  checked(environment.env, napi_create_string_utf8(environment.env, "typetorch", NAPI_AUTO_LENGTH, &name));
  napi_threadsafe_function loop = nullptr;
  checked(environment.env, napi_create_threadsafe_function(environment.env, nullptr, nullptr, name, 0, 1, nullptr,
                                                           nullptr, &environment, on_wake, &loop));
  checked(environment.env, napi_unref_threadsafe_function(environment.env, loop));
  const std::lock_guard<std::mutex> lock(desk.mutex);
  desk.loop = loop;
}

void wake_loop(Environment& environment) {
  Desk& desk = *environment.desk;
  const std::lock_guard<std::mutex> lock(desk.mutex);
  if (desk.loop != nullptr && !desk.is_closed)
    discard(napi_call_threadsafe_function(desk.loop, nullptr, napi_tsfn_nonblocking));
}

void hold_loop(Environment& environment, bool hold) {
  napi_threadsafe_function loop = environment.desk->loop;
  checked(environment.env, hold ? napi_ref_threadsafe_function(environment.env, loop)
                                : napi_unref_threadsafe_function(environment.env, loop));
}

bool stop_serving(Environment& environment) {
  Desk& desk = *environment.desk;
  const std::lock_guard<std::mutex> lock(desk.mutex);
  desk.is_closed = true;
  desk.asked.clear();
  desk.answered.notify_all();
  return desk.served == 0;
}

Napi::Value run_hook(Environment& environment, napi_value function, const Napi::Value& argument) {
  return environment.run_hook.Call({Napi::Value(environment.env, function), argument,
                                    Napi::Number::New(environment.env, static_cast<int>(thread_mode())),
                                    Napi::Number::New(environment.env, static_cast<double>(acting_for()))});
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
  checked(env, napi_add_env_cleanup_hook(env, close_environment, static_cast<napi_env>(env)));
}

}  // namespace typetorch
