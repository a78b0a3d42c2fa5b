// What LibTorch says where indices, labels or lengths are not integers.
const WANTS_INTEGERS = [
  /^expected target dtype to be Long/,
  /^Expected tensor for argument #\d+ '\w+' to have one of the following scalar types: Long, Int; but got torch\.(?:cuda\.)?(?:Float|Double|Half|BFloat16)Tensor/,
  /^one_hot is only applicable to index tensor/,
  /Expected dtype int(?:32\/int64|32 or int64|64) for index/,
  /Expected a long tensor for index/,
  /dtype of indices should be Long/,
  /^expected scalar type (?:Long|Int) but found (?:Float|Double|Half|BFloat16)/,
  /^"(?:bincount|repeat_interleave)_(?:cpu|cuda)" not implemented for '(?:Float|Double|Half|BFloat16)'/,
  /^(?:input|target)_lengths must be integral/,
  /^tensor_split expected tensor_indices_or_sections to have dtype of long/,
]

/** A message with the advice on integers on a second line, where that is what it is about: plain numbers make floats. */
export function with_integer_advice(message: string): string {
  if (!WANTS_INTEGERS.some((pattern) => pattern.test(message))) return message
  return `${message}\nPlain numbers make floats: make it with { dtype: torch.long } or bigints`
}
