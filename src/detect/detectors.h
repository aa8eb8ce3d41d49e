/* SPDX-License-Identifier: Apache-2.0 */
/*
 * detectors.h - all detectors; registry.c puts them in order
 */
#ifndef DETECT_DETECTORS_H
#define DETECT_DETECTORS_H

#include "detect/detector.h"

/* logins */
extern const struct detector detector_brute_force;

#endif
