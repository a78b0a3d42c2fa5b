import * as torch from 'typetorch'

// With room for one tensor, each new one asks for a collection: see scripts/test-gc.mjs.
torch.set_memory_budget(1, 1)
