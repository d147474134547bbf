//! Firmware update packages (DSP0267, "Package format"): the files that firmware is delivered in.
