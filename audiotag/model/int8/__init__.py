"""A network's later stages in 8 bits: quantize.py from top to bottom.

Post-training, static, per channel, as QDQ nodes that ONNX Runtime turns into integer kernels. Only the
stages that bear it are quantized: in the first three, which hear the sound's finest differences, 8 bits
are too few, and the heads are small. Norms, sums and pools stay in 32 bits.
"""
