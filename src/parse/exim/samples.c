/* SPDX-License-Identifier: Apache-2.0 */
#include "parse/exim/exim_priv.h"
const struct parse_sample exim_samples[] = { { NULL, NULL, NULL } };
const struct parse_sample exim_refused[] = { { NULL, NULL, NULL } };
