"""Runs the optimizers given as JSON on standard input, and prints parameters and state after each step."""
import json
import sys
import warnings

import torch

warnings.simplefilter('ignore')
torch.set_num_threads(1)


def hexed(value):
    if isinstance(value, torch.Tensor):
        value = value.detach().contiguous()
        if value.is_complex():
            value = torch.view_as_real(value)
        if value.dtype == torch.bfloat16:
            value = value.view(torch.int16)
        return value.numpy().tobytes().hex()
    if isinstance(value, (list, tuple)):
        return [hexed(item) for item in value]
    if isinstance(value, dict):
        return {str(key): hexed(item) for key, item in value.items()}
    return value


def options_of(given):
    return {name: torch.tensor(value['t']) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value for name, value in given.items()}


def run(case):
    torch.manual_seed(0)
    kind = case.get('kind', 'dense')
    dtype = {'complex': torch.complex64, 'bfloat16': torch.bfloat16}.get(kind, torch.float32)
    shapes = [(4, 3), (2, 5)] if kind == 'matrix' else [(4, 3)] if kind == 'sparse' else [(4, 3), (5,), ()]
    params = [torch.randn(shape, dtype=dtype).requires_grad_() for shape in shapes]
    optimizer = getattr(torch.optim, case['name'])(params, **options_of(case['options']))
    out = {'repr': str(optimizer), 'steps': []}

    def closure():
        optimizer.zero_grad()
        loss = sum((((p * p - 1) ** 2).sum() + (p * 0.5).sum()) for p in params)
        loss.backward()
        return loss

    for step in range(case.get('steps', 6)):
        if case['name'] == 'LBFGS':
            loss = optimizer.step(closure)
            out['steps'].append([loss.item(), hexed(params)])
            continue
        for i, p in enumerate(params):
            grad = torch.randn(p.shape, dtype=dtype)
            if kind == 'sparse':
                grad = torch.sparse_coo_tensor(torch.tensor([[step % 4, 3, 3]]), torch.randn(3, 3), (4, 3))
            p.grad = None if step == 0 and i == 1 and 'fused' not in case['options'] else grad
        optimizer.step()
        out['steps'].append(hexed(params))
    state = optimizer.state_dict()
    out['state'] = {key: list(value) for key, value in state['state'].items()}
    out['state_values'] = {key: hexed({n: v for n, v in value.items() if isinstance(v, torch.Tensor)}) for key, value in state['state'].items()}
    out['groups'] = [list(group) for group in state['param_groups']]
    return out


def error(case):
    try:
        getattr(torch.optim, case['name'])([torch.zeros(2, 2, requires_grad=True)], **options_of(case['options']))
    except Exception as e:  # noqa: BLE001
        return [type(e).__name__, str(e)]
    return None


cases = json.load(sys.stdin)
print(json.dumps([error(case) if case.get('kind') == 'error' else run(case) for case in cases]))
