/*
 * fingerprint.h
 *		Keyed hashes of secrets.
 */
#ifndef PF_FINGERPRINT_H
#define PF_FINGERPRINT_H

#include "pf.h"

/* fingerprint.c */
extern text *pf_keyed_hash(const char *purpose, const char *value);

#endif							/* PF_FINGERPRINT_H */
