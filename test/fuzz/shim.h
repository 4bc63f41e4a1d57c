/*
 * shim.h
 *		A backend small enough to fuzz in (shim.c).
 */
#ifndef SHIM_H
#define SHIM_H

#include <setjmp.h>

extern sigjmp_buf shim_catch;
extern int	shim_sqlstate;

extern void shim_reset(void);
extern bool shim_is_text(const char *s, size_t len);

#endif							/* SHIM_H */
