"""Runs the schedules given as JSON on standard input: rates, momenta and state."""
import json
import sys
import warnings

import torch
from torch.optim import lr_scheduler as S

warnings.simplefilter('ignore')


def lambdas(value):
    return {'inverse': lambda e: 1 / (e + 1), 'constant': lambda e: 0.95, 'root': lambda x: 0.5 / (x + 1)}[value]


def revive(value):
    if isinstance(value, dict):
        return lambdas(value['fn']) if 'fn' in value else torch.tensor(value['t'])
    return value


def make(optimizer, spec):
    name, args = spec
    if name == 'SequentialLR':
        return S.SequentialLR(optimizer, [make(optimizer, s) for s in args['schedulers']], args['milestones'])
    if name == 'ChainedScheduler':
        return S.ChainedScheduler([make(optimizer, s) for s in args['schedulers']])
    if name == 'SWALR':
        return torch.optim.swa_utils.SWALR(optimizer, **args)
    return getattr(S, name)(optimizer, **{k: revive(v) for k, v in args.items()})


def state_of(value):
    if isinstance(value, torch.Tensor):
        return value.item()
    if isinstance(value, dict):
        return {str(k): state_of(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [state_of(v) for v in value]
    if isinstance(value, float) and value in (float('inf'), float('-inf')):
        return str(value)
    return None if callable(value) else value


def run(case):
    lr = case.get('lr', 0.05)
    lrs = [torch.tensor(lr, dtype=torch.float64), torch.tensor(0.02, dtype=torch.float64)] if case.get('tensor') else [lr, 0.02]
    groups = [{'params': [torch.zeros(1, requires_grad=True)], 'lr': r} for r in lrs]
    optimizer = torch.optim.Adam(groups) if case.get('adam') else torch.optim.SGD(groups, momentum=0.9)
    scheduler = make(optimizer, case['s'])
    out = []
    try:
        for step in range(case.get('steps', 25)):
            out.append([[float(g['lr']), g['betas'][0] if case.get('adam') else g['momentum']] for g in optimizer.param_groups])
            optimizer.step()
            if 'metrics' in case:
                scheduler.step(case['metrics'][step])
            elif 'epochs' in case:
                scheduler.step(case['epochs'][step])
            else:
                scheduler.step()
    except Exception as e:  # noqa: BLE001
        out.append([type(e).__name__, str(e)])
    state = scheduler.state_dict()
    skipped = ('_scale_fn_ref', 'anneal_func')
    return {'steps': out, 'last': state_of(scheduler.get_last_lr()), 'state': {k: state_of(v) for k, v in state.items() if k not in skipped}}


def error(case):
    optimizer = torch.optim.SGD([{'params': [torch.zeros(1, requires_grad=True)]}, {'params': [torch.zeros(1, requires_grad=True)]}], lr=0.1)
    try:
        make(optimizer, case['error'])
    except Exception as e:  # noqa: BLE001
        # A KeyError's text is the repr of its message.
        return [type(e).__name__, str(e.args[0]).split('\n')[0]]
    return None


print(json.dumps([error(c) if 'error' in c else run(c) for c in json.load(sys.stdin)]))
