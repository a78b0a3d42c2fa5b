import * as torch from 'typetorch'
import { nn, type Tensor } from 'typetorch'
import { describe, expectTypeOf, it } from 'vitest'

const x = torch.ones(2, 3)

describe('types of names that PyTorch writes in Python', () => {
  it('give what they return', () => {
    expectTypeOf(torch.finfo(torch.float32).max).toBeNumber()
    expectTypeOf(torch.compile(new nn.Linear(2, 2))).toEqualTypeOf<nn.Linear>()
    expectTypeOf(torch.from_numpy(Float32Array.of(1))).toEqualTypeOf<Tensor>()
    expectTypeOf(x.untyped_storage()).toEqualTypeOf<torch.UntypedStorage>()
    expectTypeOf(x.__rsub__(2)).toEqualTypeOf<Tensor>()
    expectTypeOf(torch._foreach_mul([x], 2)).toEqualTypeOf<Tensor[]>()
    expectTypeOf(
      torch.cond(
        true,
        (a: Tensor) => a.shape,
        (a) => a.shape,
        [x],
      ),
    ).toExtend<number[]>()
    expectTypeOf(torch.backends.mps.is_available()).toBeBoolean()
    expectTypeOf(torch.cuda.get_device_name).returns.toBeString()
    expectTypeOf(torch.accelerator.current_accelerator()).toEqualTypeOf<torch.Device | null>()
    const pool = nn.functional.fractional_max_pool2d
    expectTypeOf(pool(x.reshape(1, 2, 3), 1, { output_size: 1, return_indices: true })).toEqualTypeOf<
      [Tensor, Tensor]
    >()
  })

  it('refuse what is no argument', () => {
    // @ts-expect-error a misspelt keyword
    const misspelt = () => torch.frombuffer(Buffer.alloc(1), { dtype: torch.int8, cuont: 1 })
    // @ts-expect-error an array is no typed array
    const plain = () => torch.from_numpy([1])
    // @ts-expect-error numbers are no kernels
    const kernel = () => torch.cuda.jiterator._create_jit_fn(3)
    expectTypeOf([misspelt, plain, kernel]).toBeArray()
  })
})
