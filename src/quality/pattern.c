/*
 * pattern.c
 *		Regular expressions and LIKE patterns as automata.
 *
 * Accepted is the plain part of PostgreSQL's advanced regular expressions: ^…$, either or none, around literals, ., \d,
 * \s, \w, bracket lists, groups, | within groups, and greedy quantifiers. Anything else is refused and
 * left to the server. The positions of the expression make an automaton after Glushkov; its sets of
 * positions are made deterministic at once, and what would need too many states is refused as well.
 */
#include "native.h"

#define MAX_POSITIONS 64
#define MAX_STATES 255

typedef struct CharSet
{
	uint64		bits[2];		/* of the 128 ASCII characters */
} CharSet;

typedef struct Fragment
{
	uint64		first;			/* positions it can begin with */
	uint64		last;			/* positions it can end with */
	bool		empty;			/* can it match nothing? */
} Fragment;

typedef struct PatternParser
{
	const char *at;
	int			npositions;
	bool		refused;
	CharSet		sets[MAX_POSITIONS];
	uint64		follow[MAX_POSITIONS];
} PatternParser;

static Fragment parse_alternatives(PatternParser *p, int depth);

static void
add_range(CharSet *set, int low, int high)
{
	for (int c = low; c <= high; c++)
		set->bits[c >> 6] |= UINT64CONST(1) << (c & 63);
}

/* \d, \s, \w, or a character that a backslash makes literal */
static bool
add_escape(CharSet *set, char c)
{
	switch (c)
	{
		case 'd':
			add_range(set, '0', '9');
			return true;
		case 's':
			add_range(set, '\t', '\r');
			add_range(set, ' ', ' ');
			return true;
		case 'w':
			add_range(set, '0', '9');
			add_range(set, 'A', 'Z');
			add_range(set, 'a', 'z');
			add_range(set, '_', '_');
			return true;
		default:
			if (isalnum((unsigned char) c) || IS_HIGHBIT_SET(c) || c == '\0')
				return false;
			add_range(set, c, c);
			return true;
	}
}

static CharSet
parse_bracket(PatternParser *p)
{
	CharSet		set = {{0, 0}};
	bool		negated = *p->at == '^';
	bool		first = true;

	if (negated)
		p->at++;
	for (;; first = false)
	{
		char		c = *p->at++;

		if (c == '\0' || IS_HIGHBIT_SET(c) || (c == '[' && strchr(".=:", *p->at)))
		{
			p->refused = true;
			p->at--;
			return set;
		}
		if (c == ']' && !first)
			break;
		if (c == '\\')
		{
			if (p->at[1] == '-' && p->at[2] != ']')
				p->refused = true;
			if (!add_escape(&set, *p->at))
			{
				p->refused = true;
				return set;
			}
			p->at++;
		}
		else if (p->at[0] == '-' && p->at[1] != ']')
		{
			unsigned char high = p->at[1];

			if (high == '\0' || high >= 128 || high == '[' || high == '\\' || high < (unsigned char) c)
			{
				p->refused = true;
				return set;
			}
			add_range(&set, c, high);
			p->at += 2;
		}
		else
			add_range(&set, c, c);
	}
	if (negated)
	{
		set.bits[0] = ~set.bits[0];
		set.bits[1] = ~set.bits[1];
	}
	return set;
}

static Fragment
add_position(PatternParser *p, CharSet set)
{
	Fragment	fragment = {0, 0, false};

	if (p->npositions == MAX_POSITIONS)
	{
		p->refused = true;
		return fragment;
	}
	p->sets[p->npositions] = set;
	p->follow[p->npositions] = 0;
	fragment.first = fragment.last = UINT64CONST(1) << p->npositions;
	p->npositions++;
	return fragment;
}

static Fragment
parse_atom(PatternParser *p, int depth)
{
	CharSet		set = {{0, 0}};
	Fragment	fragment = {0, 0, true};
	char		c = *p->at++;

	switch (c)
	{
		case '(':
			if (p->at[0] == '?' && p->at[1] == ':')
				p->at += 2;
			else if (p->at[0] == '?' || p->at[0] == '*')
				p->refused = true;
			fragment = parse_alternatives(p, depth + 1);
			if (*p->at != ')')
				p->refused = true;
			else
				p->at++;
			return fragment;
		case '[':
			set = parse_bracket(p);
			break;
		case '.':
			add_range(&set, 0, 127);
			break;
		case '\\':
			if (!add_escape(&set, *p->at))
				p->refused = true;
			else
				p->at++;
			break;
		default:
			if (c == '\0' || IS_HIGHBIT_SET(c) || strchr("^$*+?{}|)]", c))
			{
				p->refused = true;
				p->at--;
				return fragment;
			}
			add_range(&set, c, c);
	}
	return add_position(p, set);
}

static void
link_fragments(PatternParser *p, uint64 last, uint64 first)
{
	for (int i = 0; i < p->npositions; i++)
		if (last & (UINT64CONST(1) << i))
			p->follow[i] |= first;
}

static Fragment
join(PatternParser *p, Fragment a, Fragment b)
{
	Fragment	joined;

	link_fragments(p, a.last, b.first);
	joined.first = a.first | (a.empty ? b.first : 0);
	joined.last = b.last | (b.empty ? a.last : 0);
	joined.empty = a.empty && b.empty;
	return joined;
}

/* {m}, {m,}, {m,n}; max < 0: no end */
static void
parse_bound(PatternParser *p, int *min, int *max)
{
	char	   *end;

	if (!isdigit((unsigned char) *p->at))
	{
		p->refused = true;
		return;
	}
	*min = *max = strtol(p->at, &end, 10);
	if (*end == ',')
	{
		*max = -1;
		if (isdigit((unsigned char) end[1]))
			*max = strtol(end + 1, &end, 10);
		else
			end++;
	}
	if (*end != '}' || *min > 255 || *max > 255 || (*max >= 0 && *max < *min))
		p->refused = true;
	else
		p->at = end + 1;
}

/* An atom and how often; copies of it are made by parsing its text again. */
static Fragment
parse_quantified(PatternParser *p, int depth)
{
	const char *start = p->at;
	const char *behind;
	Fragment	one = parse_atom(p, depth);
	Fragment	all = {0, 0, true};
	int			min = 1,
				max = 1;

	switch (p->refused ? '\0' : *p->at)
	{
		case '*':
			min = 0, max = -1, p->at++;
			break;
		case '+':
			max = -1, p->at++;
			break;
		case '?':
			min = 0, p->at++;
			break;
		case '{':
			p->at++;
			parse_bound(p, &min, &max);
			break;
		default:
			return one;
	}
	if (p->refused || (*p->at && strchr("*+?{", *p->at)) || max == 0)
	{
		p->refused = true;
		return one;
	}
	behind = p->at;
	for (int i = 0; !p->refused && (i < Max(min, 1) || i < max); i++)
	{
		if (i > 0)
		{
			p->at = start;
			one = parse_atom(p, depth);
		}
		if (i >= min)
			one.empty = true;
		if (max < 0 && i == Max(min, 1) - 1)
			link_fragments(p, one.last, one.first);
		all = join(p, all, one);
	}
	p->at = behind;
	return all;
}

static Fragment
parse_alternatives(PatternParser *p, int depth)
{
	Fragment	any = {0, 0, false};

	if (depth > 8)
		p->refused = true;
	for (;;)
	{
		Fragment	branch = {0, 0, true};
		const char *start = p->at;

		while (!p->refused && *p->at && *p->at != '|' && *p->at != ')' && !(*p->at == '$' && depth == 0))
			branch = join(p, branch, parse_quantified(p, depth));
		if (p->at == start && depth > 0)
			p->refused = true;	/* an empty branch */
		any.first |= branch.first;
		any.last |= branch.last;
		any.empty |= branch.empty;
		if (p->refused || *p->at != '|' || depth == 0)
			return any;
		p->at++;
	}
}

/* Characters that no position tells apart are one class. */
static int
make_classes(PatternParser *p, uint8 *class_of, uint64 *positions)
{
	int			n = 0;

	for (int c = 0; c < 128; c++)
	{
		uint64		takes = 0;
		int			k;

		for (int i = 0; i < p->npositions; i++)
			if (p->sets[i].bits[c >> 6] & (UINT64CONST(1) << (c & 63)))
				takes |= UINT64CONST(1) << i;
		for (k = 0; k < n && positions[k] != takes; k++)
			;
		if (k == n)
			positions[n++] = takes;
		class_of[c] = k;
	}
	return n;
}

static uint64
follow_of(PatternParser *p, uint64 set)
{
	uint64		follow = 0;

	for (int i = 0; i < p->npositions; i++)
		if (set & (UINT64CONST(1) << i))
			follow |= p->follow[i];
	return follow;
}

/* Is the automaton a chain? States are numbered in the order in which they are reached. */
static void
find_chain(PfPattern *pattern, int nstates)
{
	pattern->last = nstates - 1;
	if (pattern->last > 64)
		return;
	for (int s = 1; s <= pattern->last; s++)
		for (int c = 0; c < 128; c++)
		{
			int			target = pattern->next[s * pattern->nclasses + pattern->class_of[c]];

			if (target == 0)
				continue;
			if (target != Min(s + 1, pattern->last))
				return;
			pattern->takes[c] |= UINT64CONST(1) << (s - 1);
			pattern->repeats |= s == pattern->last;
		}
	pattern->is_chain = true;
	pattern->repeats_any = pattern->repeats;
	for (int c = 0; c < 128; c++)
		pattern->repeats_any &= (pattern->takes[c] >> (pattern->last - 1)) & 1;
}

/* Sets of positions become states: 0 dead, 1 the start, where nothing has been read. */
static PfPattern *
determine(PatternParser *p, Fragment whole)
{
	uint64		positions[128];
	uint64		sets[MAX_STATES + 1];
	int			nstates = 2;
	PfPattern  *pattern = palloc0(offsetof(PfPattern, next) + (MAX_STATES + 1) * 128);

	pattern->nclasses = make_classes(p, pattern->class_of, positions);
	sets[0] = sets[1] = 0;
	pattern->accepting[1] = whole.empty;
	for (int s = 1; s < nstates; s++)
	{
		uint64		follow = s == 1 ? whole.first : follow_of(p, sets[s]);

		for (int k = 0; k < pattern->nclasses; k++)
		{
			uint64		target = follow & positions[k];
			int			t;

			for (t = target == 0 ? 0 : 2; target != 0 && t < nstates && sets[t] != target; t++)
				;
			if (t == nstates)
			{
				if (nstates > MAX_STATES)
				{
					pfree(pattern);
					return NULL;
				}
				sets[nstates] = target;
				pattern->accepting[nstates++] = (target & whole.last) != 0;
			}
			pattern->next[s * pattern->nclasses + k] = t;
		}
	}
	find_chain(pattern, nstates);
	return repalloc(pattern, offsetof(PfPattern, next) + nstates * pattern->nclasses);
}

/* Any characters, or none */
static Fragment
anything(PatternParser *p)
{
	CharSet		all = {{~UINT64CONST(0), ~UINT64CONST(0)}};
	Fragment	fragment = add_position(p, all);

	link_fragments(p, fragment.last, fragment.first);
	fragment.empty = true;
	return fragment;
}

/* NULL where the expression is not of the plain kind. What is not anchored may have anything around it. */
PfPattern *
pf_pattern_compile(const char *regex)
{
	PatternParser p = {0};
	bool		from_start = regex[0] == '^';
	Fragment	whole = {0, 0, true};

	p.at = from_start ? regex + 1 : regex;
	if (!from_start)
		whole = anything(&p);
	whole = join(&p, whole, parse_alternatives(&p, 0));
	if (p.at[0] == '\0')
		whole = join(&p, whole, anything(&p));
	else if (p.at[0] != '$' || p.at[1] != '\0')
		p.refused = true;
	return p.refused ? NULL : determine(&p, whole);
}

/* The same for LIKE: %, _ and what a backslash makes literal. */
PfPattern *
pf_pattern_compile_like(const char *pattern)
{
	PatternParser p = {0};
	Fragment	whole = {0, 0, true};

	for (const char *at = pattern; *at; at++)
	{
		CharSet		set = {{0, 0}};
		bool		escaped = *at == '\\';

		if (escaped && *++at == '\0')
			return NULL;		/* an error, which is not ours to raise */
		if (IS_HIGHBIT_SET(*at))
			return NULL;
		if (*at == '%' && !escaped)
		{
			whole = join(&p, whole, anything(&p));
			continue;
		}
		if (*at == '_' && !escaped)
			add_range(&set, 0, 127);
		else
			add_range(&set, *at, *at);
		whole = join(&p, whole, add_position(&p, set));
	}
	return p.refused ? NULL : determine(&p, whole);
}
