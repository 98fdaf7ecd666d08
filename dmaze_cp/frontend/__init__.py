"""Neural-network files -> workloads."""

from dmaze_cp.frontend.load import load_onnx

__all__ = ["load_onnx"]
