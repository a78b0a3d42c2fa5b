// torch.nn.modules.utils

export {
  _list_with_default,
  _ntuple,
  _pair,
  _quadruple,
  _reverse_repeat_tuple,
  _single,
  _triple,
} from '../ntuple.js'
export { consume_prefix_in_state_dict_if_present } from '../state_dict_prefix.js'
