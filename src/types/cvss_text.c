/*
 * cvss_text.c
 *		CVSS vectors as text: which metrics each version has, in which order, with which values.
 *
 * Sources: "A Complete Guide to the CVSS Version 2.0"; "CVSS v3.0", "CVSS v3.1" and "CVSS v4.0
 * Specification Document", all FIRST.
 *
 * Names and values are taken as the specifications write them, upper and lower case apart. Versions 2.0
 * and 4.0 prescribe the order of metrics, and a vector in another order is refused; versions 3.x leave
 * it free. A metric that is not given and one that is given as Not Defined (X; ND in version 2.0) are the
 * same, and neither is printed. Only version 2.0, which has no word for leaving a metric out, prints its
 * temporal or environmental metrics as a whole if one of them is defined, Not Defined ones as ND.
 *
 * Version 2.0 has no prefix. Its vectors are also taken in brackets, as the National Vulnerability
 * Database prints them, and with the prefix CVSS:2.0/.
 */
#include "pf.h"

#include "cvss.h"
#include "type_util.h"

#define NOT_GIVEN 0xff

static const PfCvssMetric metrics_2[] = {
	{"AV", 3, {"N", "A", "L"}}, {"AC", 3, {"L", "M", "H"}}, {"Au", 3, {"N", "S", "M"}},
	{"C", 3, {"C", "P", "N"}}, {"I", 3, {"C", "P", "N"}}, {"A", 3, {"C", "P", "N"}},
	{"E", 5, {"ND", "H", "F", "POC", "U"}}, {"RL", 5, {"ND", "U", "W", "TF", "OF"}}, {"RC", 4, {"ND", "C", "UR", "UC"}},
	{"CDP", 6, {"ND", "H", "MH", "LM", "L", "N"}}, {"TD", 5, {"ND", "H", "M", "L", "N"}},
	{"CR", 4, {"ND", "H", "M", "L"}}, {"IR", 4, {"ND", "H", "M", "L"}}, {"AR", 4, {"ND", "H", "M", "L"}},
};

static const PfCvssMetric metrics_3[] = {
	{"AV", 4, {"N", "A", "L", "P"}}, {"AC", 2, {"L", "H"}}, {"PR", 3, {"N", "L", "H"}}, {"UI", 2, {"N", "R"}}, {"S", 2, {"C", "U"}},
	{"C", 3, {"H", "L", "N"}}, {"I", 3, {"H", "L", "N"}}, {"A", 3, {"H", "L", "N"}},
	{"E", 5, {"X", "H", "F", "P", "U"}}, {"RL", 5, {"X", "U", "W", "T", "O"}}, {"RC", 4, {"X", "C", "R", "U"}},
	{"CR", 4, {"X", "H", "M", "L"}}, {"IR", 4, {"X", "H", "M", "L"}}, {"AR", 4, {"X", "H", "M", "L"}},
	{"MAV", 5, {"X", "N", "A", "L", "P"}}, {"MAC", 3, {"X", "L", "H"}}, {"MPR", 4, {"X", "N", "L", "H"}}, {"MUI", 3, {"X", "N", "R"}},
	{"MS", 3, {"X", "C", "U"}}, {"MC", 4, {"X", "H", "L", "N"}}, {"MI", 4, {"X", "H", "L", "N"}}, {"MA", 4, {"X", "H", "L", "N"}},
};

static const PfCvssMetric metrics_4[] = {
	{"AV", 4, {"N", "A", "L", "P"}}, {"AC", 2, {"L", "H"}}, {"AT", 2, {"N", "P"}}, {"PR", 3, {"N", "L", "H"}}, {"UI", 3, {"N", "P", "A"}},
	{"VC", 3, {"H", "L", "N"}}, {"VI", 3, {"H", "L", "N"}}, {"VA", 3, {"H", "L", "N"}},
	{"SC", 3, {"H", "L", "N"}}, {"SI", 3, {"H", "L", "N"}}, {"SA", 3, {"H", "L", "N"}},
	{"E", 4, {"X", "A", "P", "U"}},
	{"CR", 4, {"X", "H", "M", "L"}}, {"IR", 4, {"X", "H", "M", "L"}}, {"AR", 4, {"X", "H", "M", "L"}},
	{"MAV", 5, {"X", "N", "A", "L", "P"}}, {"MAC", 3, {"X", "L", "H"}}, {"MAT", 3, {"X", "N", "P"}},
	{"MPR", 4, {"X", "N", "L", "H"}}, {"MUI", 4, {"X", "N", "P", "A"}},
	{"MVC", 4, {"X", "H", "L", "N"}}, {"MVI", 4, {"X", "H", "L", "N"}}, {"MVA", 4, {"X", "H", "L", "N"}},
	{"MSC", 4, {"X", "H", "L", "N"}}, {"MSI", 5, {"X", "S", "H", "L", "N"}}, {"MSA", 5, {"X", "S", "H", "L", "N"}},
	{"S", 3, {"X", "P", "N"}}, {"AU", 3, {"X", "Y", "N"}}, {"R", 4, {"X", "I", "U", "A"}},
	{"V", 3, {"X", "C", "D"}}, {"RE", 4, {"X", "H", "M", "L"}}, {"U", 5, {"X", "Red", "Amber", "Green", "Clear"}},
};

const PfCvssSpec pf_cvss_spec[PF_CVSS_VERSIONS] = {
	{"2.0", true, 6, 9, 14, lengthof(metrics_2), metrics_2},
	{"3.0", false, 8, 11, 22, lengthof(metrics_3), metrics_3},
	{"3.1", false, 8, 11, 22, lengthof(metrics_3), metrics_3},
	{"4.0", true, 11, 12, 26, lengthof(metrics_4), metrics_4},
};

static inline bool
is_word(const char *word, const char *s, size_t len)
{
	size_t		i;

	for (i = 0; i < len; i++)
	{
		if (word[i] == '\0' || word[i] != s[i])	/* bytes from the wire may hold zeros */
			return false;
	}
	return word[i] == '\0';
}

/* The metric of that name, -1 if the version has none. Looks from `from` on, where the next one usually is. */
static inline int
find_metric(const PfCvssSpec *spec, const char *name, size_t len, int from)
{
	for (int i = from; i < spec->metrics; i++)
	{
		if (is_word(spec->metric[i].name, name, len))
			return i;
	}
	for (int i = 0; i < from; i++)
	{
		if (is_word(spec->metric[i].name, name, len))
			return i;
	}
	return -1;
}

static inline int
find_value(const PfCvssMetric *metric, const char *s, size_t len)
{
	for (int i = 0; i < metric->values; i++)
	{
		if (is_word(metric->value[i], s, len))
			return i;
	}
	return -1;
}

int
pf_cvss_find_metric(PfCvssVersion version, const char *name, size_t len)
{
	return find_metric(&pf_cvss_spec[version], name, len, 0);
}

/* Takes the next metric off the text: its name, its value. If there is none *name is where it should begin. */
static inline bool
take_metric(const char **s, const char *end, const char **name, size_t *name_len, const char **value, size_t *value_len)
{
	const char *p = *s;

	*name = p;
	while (p < end && *p != ':' && *p != '/')
		p++;
	*name_len = p - *name;
	if (p == end || *p != ':' || *name_len == 0)
		return false;
	*value = ++p;
	while (p < end && *p != '/' && *p != ':')
		p++;
	*value_len = p - *value;
	if (*value_len == 0 || (p < end && *p != '/'))
		return false;
	if (p + 1 == end)
	{
		*name = end;			/* a slash, and no metric after it */
		return false;
	}
	*s = p < end ? p + 1 : p;
	return true;
}

static PfCvssProblem
fail(PfCvssFault *fault, PfCvssProblem problem, int metric, const char *at, size_t len)
{
	fault->problem = problem;
	fault->metric = metric;
	fault->at = at;
	fault->len = len;
	return problem;
}

/*
 * Takes the prefix off and says the version; without a prefix it is version 2.0, and *prefixed false.
 * The text must be trimmed.
 */
static PfCvssProblem
take_version(const char **s, const char **end, bool *prefixed, PfCvssFault *fault)
{
	size_t		len = *end - *s;

	fault->version = PF_CVSS_2_0;
	*prefixed = false;
	if (len == 0)
		return fail(fault, PF_CVSS_EMPTY, -1, *s, 0);
	if (len > 2 && **s == '(' && (*end)[-1] == ')')
	{
		(*s)++;
		(*end)--;
		return PF_CVSS_OK;
	}
	if (len < 5 || memcmp(*s, "CVSS:", 5) != 0)
		return PF_CVSS_OK;
	*prefixed = true;
	for (int i = 0; i < PF_CVSS_VERSIONS; i++)
	{
		if (len >= 8 && memcmp(*s + 5, pf_cvss_spec[i].name, 3) == 0 && (len == 8 || (*s)[8] == '/'))
		{
			fault->version = i;
			*s += len == 8 ? 8 : 9;
			return PF_CVSS_OK;
		}
	}
	return fail(fault, PF_CVSS_UNKNOWN_VERSION, -1, *s, len);
}

PfCvssProblem
pf_cvss_parse(const char *s, size_t len, PfCvss *vector, PfCvssFault *fault)
{
	const char *end;
	const PfCvssSpec *spec;
	int			next = 0;
	bool		prefixed;

	pf_trim(&s, &len);
	end = s + len;
	if (take_version(&s, &end, &prefixed, fault) != PF_CVSS_OK)
		return fault->problem;
	vector->version = fault->version;
	spec = &pf_cvss_spec[vector->version];
	memset(vector->value, NOT_GIVEN, sizeof(vector->value));
	if (s == end)
		return fail(fault, PF_CVSS_MISSING_METRIC, 0, s, 0);
	while (s < end)
	{
		const char *name;
		const char *value;
		size_t		name_len;
		size_t		value_len;
		int			metric;
		int			found;

		if (!take_metric(&s, end, &name, &name_len, &value, &value_len))
			return fail(fault, PF_CVSS_MALFORMED, -1, name, 0);
		metric = find_metric(spec, name, name_len, next);
		if (metric < 0)
			return fail(fault, PF_CVSS_UNKNOWN_METRIC, -1, name, name_len);
		found = find_value(&spec->metric[metric], value, value_len);
		if (found < 0)
			return fail(fault, PF_CVSS_UNKNOWN_VALUE, metric, value, value_len);
		if (vector->value[metric] != NOT_GIVEN)
			return fail(fault, PF_CVSS_REPEATED_METRIC, metric, name, name_len);
		if (metric < next && spec->fixed_order)
			return fail(fault, PF_CVSS_WRONG_ORDER, metric, name, name_len);
		vector->value[metric] = (uint8) found;
		next = metric + 1;
	}
	for (int i = 0; i < spec->base_end; i++)
	{
		if (vector->value[i] == NOT_GIVEN)
			return fail(fault, PF_CVSS_MISSING_METRIC, i, s, 0);
	}
	for (int i = spec->base_end; i < spec->metrics; i++)
	{
		if (vector->value[i] == NOT_GIVEN)
			vector->value[i] = 0;
	}
	return PF_CVSS_OK;
}

/*
 * A partial vector, as AV:N/PR:N: any metrics in any order, of every version that has them all, or of
 * the one that the prefix names. What no version has is a problem, reported for the last one.
 */
PfCvssProblem
pf_cvss_parse_partial(const char *s, size_t len, PfCvssPartial *partial, PfCvssFault *fault)
{
	const char *end;
	bool		prefixed;
	bool		any = false;

	pf_trim(&s, &len);
	end = s + len;
	if (take_version(&s, &end, &prefixed, fault) != PF_CVSS_OK)
		return fault->problem;
	memset(partial, 0, sizeof(*partial));
	for (int version = 0; version < PF_CVSS_VERSIONS; version++)
	{
		const PfCvssSpec *spec = &pf_cvss_spec[version];
		const char *p = s;

		if (prefixed && version != (int) fault->version)
			continue;
		partial->possible[version] = true;
		while (p < end && partial->possible[version])
		{
			const char *name;
			const char *value;
			size_t		name_len;
			size_t		value_len;
			int			metric;
			int			found = -1;

			if (!take_metric(&p, end, &name, &name_len, &value, &value_len))
				return fail(fault, PF_CVSS_MALFORMED, -1, name, 0);
			metric = find_metric(spec, name, name_len, 0);
			if (metric >= 0)
				found = find_value(&spec->metric[metric], value, value_len);
			if (found >= 0 && partial->wanted[version][metric] != 0)
				return fail(fault, PF_CVSS_REPEATED_METRIC, metric, name, name_len);
			if (found >= 0)
			{
				partial->wanted[version][metric] = (uint8) (found + 1);
				continue;
			}
			partial->possible[version] = false;
			if (!any)
			{
				if (metric < 0)
					fail(fault, PF_CVSS_UNKNOWN_METRIC, -1, name, name_len);
				else
					fail(fault, PF_CVSS_UNKNOWN_VALUE, metric, value, value_len);
				if (!prefixed)
					fault->version = version;
			}
		}
		any |= partial->possible[version];
	}
	return any ? PF_CVSS_OK : fault->problem;
}

/* Appends one metric; returns the end. */
static char *
print_metric(char *p, const PfCvssMetric *metric, int value)
{
	const char *s;

	*p++ = '/';
	for (s = metric->name; *s; s++)
		*p++ = *s;
	*p++ = ':';
	for (s = metric->value[value]; *s; s++)
		*p++ = *s;
	return p;
}

static char *
print_group(char *p, const PfCvss *vector, int from, int to)
{
	const PfCvssSpec *spec = &pf_cvss_spec[vector->version];
	bool		whole = from < spec->base_end;

	if (vector->version == PF_CVSS_2_0)
	{
		for (int i = from; i < to; i++)
			whole |= vector->value[i] != 0;
	}
	for (int i = from; i < to; i++)
	{
		if (whole || vector->value[i] != 0)
			p = print_metric(p, &spec->metric[i], vector->value[i]);
	}
	return p;
}

/* The vector as text, with a zero byte behind it; returns its length. The buffer takes PF_CVSS_MAX_TEXT. */
int
pf_cvss_print(const PfCvss *vector, char *buf)
{
	const PfCvssSpec *spec = &pf_cvss_spec[vector->version];
	char	   *p = buf;
	int			len;

	if (vector->version != PF_CVSS_2_0)
	{
		memcpy(p, "CVSS:", 5);
		memcpy(p + 5, spec->name, 3);
		p += 8;
	}
	p = print_group(p, vector, 0, spec->base_end);
	p = print_group(p, vector, spec->base_end, spec->threat_end);
	p = print_group(p, vector, spec->threat_end, spec->environmental_end);
	p = print_group(p, vector, spec->environmental_end, spec->metrics);
	*p = '\0';
	len = (int) (p - buf);
	if (vector->version == PF_CVSS_2_0)
		memmove(buf, buf + 1, len--);	/* no slash in front */
	return len;
}

const char *
pf_cvss_reason(PfCvssProblem problem)
{
	switch (problem)
	{
		case PF_CVSS_OK:
			return NULL;
		case PF_CVSS_EMPTY:
			return "empty";
		case PF_CVSS_UNKNOWN_VERSION:
			return "unknown_version";
		case PF_CVSS_MALFORMED:
			return "malformed";
		case PF_CVSS_UNKNOWN_METRIC:
			return "unknown_metric";
		case PF_CVSS_UNKNOWN_VALUE:
			return "unknown_value";
		case PF_CVSS_REPEATED_METRIC:
			return "repeated_metric";
		case PF_CVSS_WRONG_ORDER:
			return "wrong_order";
		case PF_CVSS_MISSING_METRIC:
			return "missing_metric";
	}
	return NULL;				/* not reached; keeps the compiler quiet */
}
