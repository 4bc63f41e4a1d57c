/*
 * pf_mask.h
 *		What may be kept of an error message (mask_message.c).
 */
#ifndef PF_MASK_H
#define PF_MASK_H

extern char *pf_mask_message(const char *message, int sqlerrcode);

#endif							/* PF_MASK_H */
