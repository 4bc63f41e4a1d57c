/*
 * type_util.h
 *		What the input functions of several types share.
 */
#ifndef PF_TYPE_UTIL_H
#define PF_TYPE_UTIL_H

/* White space around a value is ignored, as PostgreSQL's numeric types do; locale plays no part. */
static inline bool
pf_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline void
pf_trim(const char **s, size_t *len)
{
	while (*len > 0 && pf_is_space((*s)[*len - 1]))
		(*len)--;
	while (*len > 0 && pf_is_space(**s))
	{
		(*s)++;
		(*len)--;
	}
}

/* The HINT of every rejected value; takes the name of the type's x_problem function */
#define PF_HINT_LANDING "Keep unchecked values in a text column and judge them with portfolio.%s(text)."

extern char *pf_mask_identifier(const char *s, size_t len);

#endif							/* PF_TYPE_UTIL_H */
