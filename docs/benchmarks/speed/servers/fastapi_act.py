"""A policy by FastAPI and onnxruntime: `fastapi_act.py SOCKET POLICY.onnx`.

As fast as it usually is: coroutines, one thread of onnxruntime, as there is one core.
"""

from __future__ import annotations

import sys

import numpy as np
import onnxruntime
import under_uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
session = onnxruntime.InferenceSession(sys.argv[2], options, providers=["CPUExecutionProvider"])


class Act(BaseModel):
    observation: list[float]


class Acted(BaseModel):
    action: int


app = FastAPI()


@app.post("/act/")
async def act(body: Act) -> Acted:
    observation = np.array([body.observation], np.float32)
    return Acted(action=int(session.run(None, {"observation": observation})[0][0]))


if __name__ == "__main__":
    under_uvicorn.run(app)
