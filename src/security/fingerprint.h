/*
 * fingerprint.h
 *		Keyed hashes of secrets.
 */
#ifndef PF_FINGERPRINT_H
#define PF_FINGERPRINT_H

#include "pf.h"

/* HMAC-SHA-256 of the value in hexadecimal, for this purpose and in this cluster only */
extern char *pf_keyed_hash(const char *purpose, const char *value);

#endif							/* PF_FINGERPRINT_H */
