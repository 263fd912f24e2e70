"""What is fitted after the trunk: embedding, experts, gate, styles, calibration and thresholds."""
