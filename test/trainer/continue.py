# Goes on with a Trainer's state in Python: continue.py FROM STEPS TO. Prints the losses as JSON.

import json
import sys

import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

torch.set_num_threads(1)
source, steps, target = sys.argv[1], int(sys.argv[2]), sys.argv[3]
state = torch.load(source, weights_only=True)
assert state["format"] == "typetorch.trainer" and state["version"] == 1
model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.25), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
schedule = torch.optim.lr_scheduler.StepLR(optimizer, 4, gamma=0.5)
scaler = torch.amp.GradScaler("cpu", init_scale=64.0, growth_interval=3)
ema = AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(0.9))
model.load_state_dict(state["model"])
optimizer.load_state_dict(state["optimizer"])
schedule.load_state_dict(state["schedule"])
scaler.load_state_dict(state["scaler"])
ema.load_state_dict(state["ema"])
noise = torch.Generator()
noise.set_state(state["generators"]["noise"])
torch.set_rng_state(state["rng_state"])

batches = [(torch.arange(12).reshape(4, 3) + i) / 10 for i in range(3)]
criterion = nn.MSELoss()
losses = []
for step in range(state["step"], state["step"] + steps):
    x = batches[step % 3]
    optimizer.zero_grad()
    loss = criterion(model(x + torch.randn(3, generator=noise)), torch.ones(4, 1))
    scaler.scale(loss).backward()
    scaler.unscale_(optimizer)
    nn.utils.clip_grad_norm_(model.parameters(), 1)
    scaler.step(optimizer)
    scaler.update()
    schedule.step()
    ema.update_parameters(model)
    losses.append(loss.item())

state["step"] += steps
state["epoch"] = state["step"] // 3
state["place"]["batch"] = state["step"] % 3
state["model"], state["optimizer"] = model.state_dict(), optimizer.state_dict()
state["schedule"], state["scaler"], state["ema"] = schedule.state_dict(), scaler.state_dict(), ema.state_dict()
state["generators"]["noise"], state["rng_state"] = noise.get_state(), torch.get_rng_state()
torch.save(state, target)
print(json.dumps(losses))
