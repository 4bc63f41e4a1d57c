/*
 * profile.c
 *		What a column looks like, in one pass and bounded memory: the aggregate profile_values(any).
 *
 * Values are known by a 64-bit hash of their text. The commonest are counted by the algorithm of
 * Misra and Gries: a value that is there is one more; where there is no room for a new one all are
 * one less, and those at zero leave. So whatever holds more than one in PROFILE_VALUES of the rows is
 * still there at the end, and as long as nothing had to leave every count is exact and the number of
 * different values with it; after that HyperLogLog estimates it. Length and shape of a value are
 * worked out when it comes in, not each time it comes.
 */
#include "pf.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "lib/hyperloglog.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(pf_profile_values_add);
PG_FUNCTION_INFO_V1(pf_profile_values_final);

#define PROFILE_VALUES 512		/* values counted by themselves */
#define PROFILE_SHAPES 64
#define PROFILE_SHOWN 96		/* bytes of a value that are kept */
#define SHAPE_LENGTH 40			/* characters of a shape */
#define HLL_WIDTH 12			/* 4 kB a column, an error of 1.6 percent */

typedef struct ProfileShape
{
	char		shape[SHAPE_LENGTH + 1];	/* hash key */
	int64		count;
} ProfileShape;

typedef struct ProfileValue
{
	uint64		hash;			/* hash key */
	int64		credit;			/* of Misra and Gries */
	int64		count;			/* times seen since it came in */
	int			length;			/* characters */
	bool		blank;			/* nothing but blanks */
	ProfileShape *shape;		/* NULL: one of too many */
	char		shown[PROFILE_SHOWN + 1];
} ProfileValue;

typedef struct Profile
{
	MemoryContext context;
	Oid			type;
	int16		typlen;
	bool		byval;
	bool		is_text;		/* the datum is its own text */
	FmgrInfo	output;
	TypeCacheEntry *order;		/* NULL: the type has no order */
	Oid			collation;
	int64		rows;
	int64		nulls;
	bool		has_ends;
	Datum		least;
	Datum		most;
	hyperLogLogState distinct;
	bool		exact;			/* nothing had to leave */
	HTAB	   *values;
	HTAB	   *shapes;
	int64		other_shapes;
	/* of values that have left, or never came in */
	int			shortest;
	int			longest;
	int64		characters;
	int64		blank;			/* rows with nothing but blanks */
} Profile;

static Profile *
make_profile(FunctionCallInfo fcinfo, MemoryContext context)
{
	MemoryContext old = MemoryContextSwitchTo(context);
	Profile    *profile = palloc0(sizeof(Profile));
	HASHCTL		ctl = {0};
	Oid			output;
	bool		varlena;

	profile->context = context;
	profile->type = get_fn_expr_argtype(fcinfo->flinfo, 1);
	if (!OidIsValid(profile->type))
		elog(ERROR, "could not determine the type of the values");
	get_typlenbyval(profile->type, &profile->typlen, &profile->byval);
	profile->is_text = profile->type == TEXTOID || profile->type == VARCHAROID || profile->type == BPCHAROID;
	getTypeOutputInfo(profile->type, &output, &varlena);
	fmgr_info_cxt(output, &profile->output, context);
	profile->order = lookup_type_cache(profile->type, TYPECACHE_CMP_PROC_FINFO);
	if (!OidIsValid(profile->order->cmp_proc_finfo.fn_oid))
		profile->order = NULL;
	profile->collation = PG_GET_COLLATION();
	profile->exact = true;
	profile->shortest = INT_MAX;
	initHyperLogLog(&profile->distinct, HLL_WIDTH);

	ctl.hcxt = context;
	ctl.keysize = sizeof(uint64);
	ctl.entrysize = sizeof(ProfileValue);
	profile->values = hash_create("values of a profile", PROFILE_VALUES / 4, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	ctl.keysize = SHAPE_LENGTH + 1;
	ctl.entrysize = sizeof(ProfileShape);
	profile->shapes = hash_create("shapes of a profile", PROFILE_SHAPES, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	MemoryContextSwitchTo(old);
	return profile;
}

/* A for capital, a for other letters, 9 for digits, the rest as it is; too long ends in a dot dot dot. */
static void
shape_of(const char *value, int len, char shape[SHAPE_LENGTH + 1])
{
	int			n = 0;

	memset(shape, 0, SHAPE_LENGTH + 1);
	for (int i = 0; i < len; i += pg_mblen(value + i))
	{
		unsigned char c = value[i];

		if (n == SHAPE_LENGTH)
		{
			memcpy(shape + SHAPE_LENGTH - 3, "...", 3);
			return;
		}
		shape[n++] = IS_HIGHBIT_SET(c) || (c >= 'a' && c <= 'z') ? 'a' : c >= 'A' && c <= 'Z' ? 'A' :
			c >= '0' && c <= '9' ? '9' : c < ' ' ? ' ' : (char) c;
	}
}

static ProfileShape *
find_shape(Profile *profile, const char *value, int len)
{
	char		shape[SHAPE_LENGTH + 1];
	ProfileShape *entry;
	bool		found;

	shape_of(value, len, shape);
	entry = hash_search(profile->shapes, shape, HASH_FIND, NULL);
	if (entry == NULL && hash_get_num_entries(profile->shapes) < PROFILE_SHAPES)
	{
		entry = hash_search(profile->shapes, shape, HASH_ENTER, &found);
		entry->count = 0;
	}
	return entry;
}

static bool
is_blank(const char *value, int len)
{
	for (int i = 0; i < len; i++)
		if (!isspace((unsigned char) value[i]))
			return false;
	return true;
}

/* What is true of a value, as often as it was seen. */
static void
add_facts(Profile *profile, int length, bool blank, ProfileShape *shape, int64 count)
{
	profile->shortest = Min(profile->shortest, length);
	profile->longest = Max(profile->longest, length);
	profile->characters += length * count;
	if (blank)
		profile->blank += count;
	if (shape)
		shape->count += count;
	else
		profile->other_shapes += count;
}

static void
forget_value(Profile *profile, ProfileValue *value)
{
	add_facts(profile, value->length, value->blank, value->shape, value->count);
	hash_search(profile->values, &value->hash, HASH_REMOVE, NULL);
}

/* No room: every value has one credit less, and those without leave. */
static void
make_room(Profile *profile)
{
	HASH_SEQ_STATUS scan;
	ProfileValue *value;

	profile->exact = false;
	hash_seq_init(&scan, profile->values);
	while ((value = hash_seq_search(&scan)) != NULL)
		if (--value->credit == 0)
			forget_value(profile, value);
}

static void
see_ends(Profile *profile, Datum datum)
{
	bool		less;
	bool		more;

	if (profile->order == NULL)
		return;
	less = !profile->has_ends ||
		DatumGetInt32(FunctionCall2Coll(&profile->order->cmp_proc_finfo, profile->collation, datum, profile->least)) < 0;
	more = !profile->has_ends ||
		DatumGetInt32(FunctionCall2Coll(&profile->order->cmp_proc_finfo, profile->collation, datum, profile->most)) > 0;
	if (less || more)
	{
		MemoryContext old = MemoryContextSwitchTo(profile->context);

		if (profile->has_ends && !profile->byval)
		{
			if (less)
				pfree(DatumGetPointer(profile->least));
			if (more)
				pfree(DatumGetPointer(profile->most));
		}
		if (less)
			profile->least = datumCopy(datum, profile->byval, profile->typlen);
		if (more)
			profile->most = datumCopy(datum, profile->byval, profile->typlen);
		profile->has_ends = true;
		MemoryContextSwitchTo(old);
	}
}

static void
see_value(Profile *profile, Datum datum)
{
	const char *text_of;
	int			len;
	uint64		hash;
	ProfileValue *value;
	ProfileShape *shape;
	int			length;

	if (profile->typlen == -1)
		datum = PointerGetDatum(PG_DETOAST_DATUM_PACKED(datum));
	if (profile->is_text)
	{
		text_of = VARDATA_ANY(DatumGetPointer(datum));
		len = VARSIZE_ANY_EXHDR(DatumGetPointer(datum));
	}
	else
	{
		text_of = OutputFunctionCall(&profile->output, datum);
		len = strlen(text_of);
	}
	hash = hash_bytes_extended((const unsigned char *) text_of, len, 0);
	value = hash_search(profile->values, &hash, HASH_FIND, NULL);
	if (value)
	{
		value->credit++;
		value->count++;
		return;
	}

	addHyperLogLog(&profile->distinct, (uint32) hash);
	see_ends(profile, datum);
	length = pg_mbstrlen_with_len(text_of, len);
	shape = find_shape(profile, text_of, len);
	if (hash_get_num_entries(profile->values) < PROFILE_VALUES)
	{
		int			shown = pg_mbcliplen(text_of, len, PROFILE_SHOWN);

		value = hash_search(profile->values, &hash, HASH_ENTER, NULL);
		value->credit = 1;
		value->count = 1;
		value->length = length;
		value->blank = is_blank(text_of, len);
		value->shape = shape;
		memcpy(value->shown, text_of, shown);
		value->shown[shown] = '\0';
		return;
	}
	make_room(profile);
	add_facts(profile, length, is_blank(text_of, len), shape, 1);
}

/* profile_values_add(internal, "any") → internal */
Datum
pf_profile_values_add(PG_FUNCTION_ARGS)
{
	MemoryContext context;
	Profile    *profile;

	if (!AggCheckCallContext(fcinfo, &context))
		elog(ERROR, "profile_values_add() called in non-aggregate context");
	profile = PG_ARGISNULL(0) ? make_profile(fcinfo, context) : (Profile *) PG_GETARG_POINTER(0);
	profile->rows++;
	if (PG_ARGISNULL(1))
		profile->nulls++;
	else
		see_value(profile, PG_GETARG_DATUM(1));
	PG_RETURN_POINTER(profile);
}

/* ---- what it looked like ---- */

static int
by_count(const void *a, const void *b)
{
	const ProfileValue *left = *(ProfileValue *const *) a;
	const ProfileValue *right = *(ProfileValue *const *) b;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return strcmp(left->shown, right->shown);
}

static int
shape_by_count(const void *a, const void *b)
{
	const ProfileShape *left = a;
	const ProfileShape *right = b;

	if (left->count != right->count)
		return left->count > right->count ? -1 : 1;
	return strcmp(left->shape, right->shape);
}

static void
put_end(StringInfo json, Profile *profile, const char *name, Datum datum)
{
	char	   *shown;

	if (!profile->has_ends)
		return;
	shown = OutputFunctionCall(&profile->output, datum);
	shown[pg_mbcliplen(shown, strlen(shown), PROFILE_SHOWN)] = '\0';
	appendStringInfo(json, ", \"%s\": ", name);
	escape_json(json, shown);
}

/* Values, most first; their facts go into total, a copy, so that the state stays as it is. */
static void
put_values(StringInfo json, Profile *profile, Profile *total)
{
	int			n = 0;
	ProfileValue **values = palloc(sizeof(ProfileValue *) * (PROFILE_VALUES + 1));
	HASH_SEQ_STATUS scan;
	ProfileValue *value;

	hash_seq_init(&scan, profile->values);
	while ((value = hash_seq_search(&scan)) != NULL)
		values[n++] = value;
	qsort(values, n, sizeof(ProfileValue *), by_count);
	appendStringInfoString(json, ", \"common\": [");
	for (int i = 0; i < n; i++)
	{
		if (i < 100)
		{
			appendStringInfo(json, "%s{\"value\": ", i > 0 ? ", " : "");
			escape_json(json, values[i]->shown);
			appendStringInfo(json, ", \"count\": " INT64_FORMAT "}", values[i]->count);
		}
		add_facts(total, values[i]->length, values[i]->blank, NULL, values[i]->count);
	}
	appendStringInfoChar(json, ']');
}

static void
put_shapes(StringInfo json, Profile *profile)
{
	int			n = 0;
	ProfileShape *shapes = palloc(sizeof(ProfileShape) * (PROFILE_SHAPES + 1));
	HASH_SEQ_STATUS scan;
	ProfileShape *shape;
	ProfileValue *value;
	int64		others = profile->other_shapes;

	hash_seq_init(&scan, profile->shapes);
	while ((shape = hash_seq_search(&scan)) != NULL)
		shapes[n++] = *shape;
	hash_seq_init(&scan, profile->values);
	while ((value = hash_seq_search(&scan)) != NULL)
	{
		int			i = 0;

		while (i < n && (value->shape == NULL || strcmp(shapes[i].shape, value->shape->shape) != 0))
			i++;
		if (i < n)
			shapes[i].count += value->count;
		else
			others += value->count;
	}
	qsort(shapes, n, sizeof(ProfileShape), shape_by_count);
	appendStringInfoString(json, ", \"shapes\": [");
	for (int i = 0; i < n; i++)
	{
		appendStringInfo(json, "%s{\"shape\": ", i > 0 ? ", " : "");
		escape_json(json, shapes[i].shape);
		appendStringInfo(json, ", \"count\": " INT64_FORMAT "}", shapes[i].count);
	}
	appendStringInfo(json, "], \"other_shapes\": " INT64_FORMAT, others);
}

/* profile_values_final(internal) → jsonb */
Datum
pf_profile_values_final(PG_FUNCTION_ARGS)
{
	Profile    *profile = PG_ARGISNULL(0) ? NULL : (Profile *) PG_GETARG_POINTER(0);
	Profile		total;
	StringInfoData json;

	if (profile == NULL)
		return DirectFunctionCall1(jsonb_in, CStringGetDatum("{\"rows\": 0, \"nulls\": 0, \"distinct\": 0, \"exact\": true, \"common\": [], \"shapes\": []}"));
	total = *profile;
	initStringInfo(&json);
	appendStringInfo(&json, "{\"rows\": " INT64_FORMAT ", \"nulls\": " INT64_FORMAT ", \"exact\": %s, \"distinct\": %.0f",
					 profile->rows, profile->nulls, profile->exact ? "true" : "false",
					 profile->exact ? (double) hash_get_num_entries(profile->values) :
					 Min(rint(estimateHyperLogLog(&profile->distinct)), (double) (profile->rows - profile->nulls)));
	put_end(&json, profile, "min", profile->least);
	put_end(&json, profile, "max", profile->most);
	put_values(&json, profile, &total);
	put_shapes(&json, profile);
	if (profile->rows > profile->nulls)
		appendStringInfo(&json, ", \"shortest\": %d, \"longest\": %d, \"characters\": " INT64_FORMAT ", \"blank\": " INT64_FORMAT,
						 total.shortest, total.longest, total.characters, total.blank);
	appendStringInfoChar(&json, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}
