/*
 * fuzz_type.c
 *		fuzz_type(type, seeds, rounds, start): feeds mutated text and binary input to a type.
 *
 * Built and loaded by test/t/950_types_fuzz.pl. Each round takes a seed, changes it a little and
 * gives it to the input or to the receive function. What is taken must survive the way out and in
 * again unchanged, by text and by binary; what is refused must be refused as bad data, never as an
 * internal error. The numbers are drawn from `start`, so a failure can be had again.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(fuzz_type);

typedef struct FuzzType
{
	Oid			input;
	Oid			output;
	Oid			receive;
	Oid			send;
	Oid			ioparam;
} FuzzType;

static uint64 state;

static uint32
draw(uint32 below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return below == 0 ? 0 : (uint32) ((state >> 16) % below);
}

static uint32
draw_length(uint32 below, uint32 most)
{
	uint32		length = draw(below);

	return Min(length, most);
}

/* Change a few places; other is a second seed to take pieces from. */
static void
mutate(StringInfo buf, const StringInfo other, bool binary)
{
	static const char *const words[] = {"0", "1", "-1", "9223372036854775807", "9223372036854775808", "4294967296",
		"\"", "\\", "{", "}", "[", "]", ":", ",", "*", "/", "-", " ", "\xc3\xa4", "\xe2\x80\x8b", "null", "every", "@", "$1", "'", "e"};
	static const unsigned char bytes[] = {0, 1, 0x7f, 0x80, 0xff, 0xfe, 0x40, 0xc0};

	for (int n = 1 + draw(4); n > 0; n--)
	{
		uint32		at = draw(buf->len + 1);
		uint32		len = draw_length(8, buf->len - at);
		StringInfoData made;

		initStringInfo(&made);
		appendBinaryStringInfo(&made, buf->data, at);
		switch (draw(7))
		{
			case 0:				/* leave out */
				at += len;
				break;
			case 1:				/* twice */
				appendBinaryStringInfo(&made, buf->data + at, len);
				break;
			case 2:				/* a word, or a number at the edge of its range */
				if (binary)
					appendBinaryStringInfo(&made, (const char *) &bytes[draw(lengthof(bytes))], 1);
				else
					appendStringInfoString(&made, words[draw(lengthof(words))]);
				break;
			case 3:				/* another byte */
				if (at < buf->len)
				{
					appendStringInfoChar(&made, binary ? (char) draw(256) : (char) (' ' + draw(95)));
					at++;
				}
				break;
			case 4:				/* another bit */
				if (at < buf->len)
					appendStringInfoChar(&made, buf->data[at++] ^ (1 << draw(binary ? 8 : 7)));
				break;
			case 5:				/* a piece of another value */
				if (other->len > 0)
				{
					uint32		from = draw(other->len);

					appendBinaryStringInfo(&made, other->data + from, draw_length(16, other->len - from));
				}
				break;
			default:			/* the end is missing */
				if (draw(4) == 0)
					at = buf->len;
				break;
		}
		appendBinaryStringInfo(&made, buf->data + at, buf->len - at);
		*buf = made;
	}
}

static Datum
receive_whole(const FuzzType *type, const char *data, int len)
{
	StringInfoData buf;
	Datum		value;

	initStringInfo(&buf);
	appendBinaryStringInfo(&buf, data, len);
	value = OidReceiveFunctionCall(type->receive, &buf, type->ioparam, -1);
	if (buf.cursor != buf.len)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("incorrect binary data format")));
	return value;
}

static bool
same_bytes(bytea *a, bytea *b)
{
	return VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
}

/* Out and in again, by text and by binary */
static const char *
round_trip(const FuzzType *type, Datum value)
{
	bytea	   *sent = OidSendFunctionCall(type->send, value);
	char	   *text = OidOutputFunctionCall(type->output, value);
	Datum		by_text;
	Datum		by_binary;

	PG_TRY();
	{
		by_text = OidInputFunctionCall(type->input, text, type->ioparam, -1);
		by_binary = receive_whole(type, VARDATA(sent), VARSIZE(sent) - VARHDRSZ);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(CurTransactionContext);
		error = CopyErrorData();
		FlushErrorState();
		return psprintf("own output refused: %s (%s)", error->message, text);
	}
	PG_END_TRY();
	if (!same_bytes(sent, OidSendFunctionCall(type->send, by_text)))
		return psprintf("text changes the value: %s", text);
	if (!same_bytes(sent, OidSendFunctionCall(type->send, by_binary)))
		return psprintf("binary changes the value: %s", text);
	return NULL;
}

/* One input. Counts it in *taken or by SQLSTATE; returns what must not happen, or NULL. */
static const char *
try_input(const FuzzType *type, const StringInfo input, bool binary, int64 *taken, int64 *refused)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	const char *volatile wrong = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		Datum		value = binary ? receive_whole(type, input->data, input->len) :
			OidInputFunctionCall(type->input, input->data, type->ioparam, -1);

		wrong = round_trip(type, value);
		if (wrong)
			wrong = MemoryContextStrdup(context, wrong);
		(*taken)++;
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		(*refused)++;
		if (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INTERNAL_ERROR &&
			error->sqlerrcode != ERRCODE_DATA_CORRUPTED)
			wrong = psprintf("refused with %s: %s", unpack_sql_state(error->sqlerrcode), error->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return wrong;
}

/* The seed as text, or as the binary form of its value */
static void
load_seed(const FuzzType *type, const char *seed, bool binary, StringInfo buf)
{
	initStringInfo(buf);
	if (binary)
	{
		bytea	   *sent = OidSendFunctionCall(type->send, OidInputFunctionCall(type->input, (char *) seed, type->ioparam, -1));

		appendBinaryStringInfo(buf, VARDATA(sent), VARSIZE(sent) - VARHDRSZ);
	}
	else
		appendStringInfoString(buf, seed);
}

Datum
fuzz_type(PG_FUNCTION_ARGS)
{
	Oid			typid = PG_GETARG_OID(0);
	int			rounds = PG_GETARG_INT32(2);
	FuzzType	type;
	bool		varlena;
	Datum	   *seeds;
	int			nseeds;
	StringInfoData *loaded;
	MemoryContext round_context = AllocSetContextCreate(CurrentMemoryContext, "fuzz round", ALLOCSET_DEFAULT_SIZES);
	MemoryContext context = CurrentMemoryContext;
	int64		taken = 0;
	int64		refused = 0;

	state = (uint64) PG_GETARG_INT64(3) * UINT64CONST(0x9e3779b97f4a7c15) | 1;
	getTypeInputInfo(typid, &type.input, &type.ioparam);
	getTypeOutputInfo(typid, &type.output, &varlena);
	getTypeBinaryInputInfo(typid, &type.receive, &type.ioparam);
	getTypeBinaryOutputInfo(typid, &type.send, &varlena);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(1), TEXTOID, -1, false, 'i', &seeds, NULL, &nseeds);
	loaded = palloc(sizeof(StringInfoData) * nseeds * 2);
	for (int i = 0; i < nseeds * 2; i++)
		load_seed(&type, TextDatumGetCString(seeds[i / 2]), i % 2, &loaded[i]);

	for (int i = 0; i < rounds; i++)
	{
		bool		binary = draw(2);
		StringInfoData input;
		const char *wrong = NULL;
		StringInfo	from = &loaded[draw(nseeds) * 2 + binary];

		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(round_context);
		initStringInfo(&input);
		appendBinaryStringInfo(&input, from->data, from->len);
		mutate(&input, &loaded[draw(nseeds) * 2 + binary], binary);
		/* input functions get text without zeros that is valid in the encoding */
		if (binary || (strlen(input.data) == input.len &&
					   pg_verify_mbstr(GetDatabaseEncoding(), input.data, input.len, true)))
			wrong = try_input(&type, &input, binary, &taken, &refused);
		if (wrong)
			ereport(ERROR,
					(errmsg("round %d: %s", i, wrong),
					 errdetail("%s input: %s", binary ? "Binary" : "Text",
							   binary ? "see the round" : input.data)));
		MemoryContextSwitchTo(context);
		MemoryContextReset(round_context);
	}
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("taken " INT64_FORMAT " refused " INT64_FORMAT, taken, refused)));
}
