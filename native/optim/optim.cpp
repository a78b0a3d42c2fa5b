#include "optim/optim.h"

#include "guard.h"

namespace typetorch {

void export_optim(Napi::Env env, Napi::Object exports) {
  export_function<adadelta_step>(env, exports, "adadelta_step");
  export_function<adagrad_step>(env, exports, "adagrad_step");
  export_function<adam_step>(env, exports, "adam_step");
  export_function<adamax_step>(env, exports, "adamax_step");
  export_function<asgd_step>(env, exports, "asgd_step");
  export_function<nadam_step>(env, exports, "nadam_step");
  export_function<radam_step>(env, exports, "radam_step");
  export_function<rmsprop_step>(env, exports, "rmsprop_step");
  export_function<rprop_step>(env, exports, "rprop_step");
  export_function<sgd_step>(env, exports, "sgd_step");
}

}  // namespace typetorch
