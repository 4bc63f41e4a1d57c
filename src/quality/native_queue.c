/*
 * native_queue.c
 *		What native code says of all values of a queue: the commonest shapes in loops without a branch.
 *
 * The values are passed by value, or text that stands in two words (PfQueue). A verdict may be
 * PF_NATIVE_DEFER, as in native_ask.c.
 */
#include "native.h"

#include "memo_key.h"

#define HIGH_BITS UINT64CONST(0x8080808080808080)	/* of bytes that are not ASCII */

static void
ask_numeric_range(const PfNative *native, const PfQueue *queue, uint8 *verdicts)
{
	bool		inside = native->kind == NATIVE_RANGE;

	for (uint32 i = 0; i < queue->n; i++)
	{
		char		bytes[PF_KEY_BYTES + 1];
		int64		number;

		key_bytes(bytes, queue->head[i], queue->tail[i]);
		if (likely(pf_ordinal_of_numeric(bytes, PF_KEY_LEN(queue->tail[i]), &number)))
			verdicts[i] = ((number >= native->low) & (number <= native->high)) == inside;
		else
			verdicts[i] = PF_NATIVE_DEFER;
	}
}

static inline void
ask_range_of(const PfNative *native, Oid type, const PfQueue *queue, uint8 *verdicts)
{
	bool		inside = native->kind == NATIVE_RANGE;

	for (uint32 i = 0; i < queue->n; i++)
	{
		int64		number = ordinal((Datum) queue->head[i], type);

		verdicts[i] = ((number >= native->low) & (number <= native->high)) == inside;
	}
}

/* ordinal() of a type that is known when this is compiled */
static void
ask_range(const PfNative *native, const PfQueue *queue, uint8 *verdicts)
{
	switch (native->type)
	{
		case INT2OID:
			ask_range_of(native, INT2OID, queue, verdicts);
			break;
		case FLOAT4OID:
			ask_range_of(native, FLOAT4OID, queue, verdicts);
			break;
		case FLOAT8OID:
			ask_range_of(native, FLOAT8OID, queue, verdicts);
			break;
		case INT8OID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			ask_range_of(native, INT8OID, queue, verdicts);
			break;
		default:
			ask_range_of(native, INT4OID, queue, verdicts);
			break;
	}
}

/* As pf_chain_match, but always for as many characters as the chain is long. */
static void
ask_chain(const PfPattern *pattern, const PfQueue *queue, uint8 *verdicts)
{
	int			steps = Min(pattern->last - 1, PF_KEY_BYTES);

	for (uint32 i = 0; i < queue->n; i++)
	{
		uint64		tail = queue->tail[i];
		int			len = PF_KEY_LEN(tail);
		unsigned char bytes[PF_KEY_BYTES + 1];
		uint64		taken = len <= steps || pattern->repeats;

		key_bytes((char *) bytes, queue->head[i], tail);
		for (int k = 0; k < steps; k++)
			taken &= pattern->takes[bytes[k] & 0x7f] >> k | (k >= len);
		if (!pattern->repeats_any)
			for (int k = steps; k < len; k++)
				taken &= pattern->takes[bytes[k] & 0x7f] >> (pattern->last - 1);
		verdicts[i] = taken & pattern->accepting[Min(len, steps) + 1];
		if (unlikely((queue->head[i] | tail) & HIGH_BITS))
			verdicts[i] = PF_NATIVE_DEFER;
	}
}

/* As ask_length, where characters are bytes; the others wait for the evaluator. */
static void
ask_lengths(const PfNative *native, const PfQueue *queue, uint8 *verdicts)
{
	for (uint32 i = 0; i < queue->n; i++)
	{
		int64		len = PF_KEY_LEN(queue->tail[i]);

		verdicts[i] = (len >= native->low) & (len <= native->high);
		if (unlikely((queue->head[i] | queue->tail[i]) & HIGH_BITS))
			verdicts[i] = PF_NATIVE_DEFER;
	}
}

/* Any other native code */
static void
ask_each(const PfNative *native, const PfQueue *queue, bool byval, uint8 *verdicts)
{
	for (uint32 i = 0; i < queue->n; i++)
	{
		PfQueuedText room;

		verdicts[i] = pf_native_ask_quickly(native, queued_value(queue, i, byval, &room));
	}
}

/* SQL's AND and OR of FALSE, TRUE, UNKNOWN, (nothing,) PF_NATIVE_DEFER */
static const uint8 and_of[5][5] = {{0, 0, 0, 0, 0}, {0, 1, 2, 0, 4}, {0, 2, 2, 0, 4}, {0}, {0, 4, 4, 0, 4}};
static const uint8 or_of[5][5] = {{0, 1, 2, 0, 4}, {1, 1, 1, 0, 1}, {2, 1, 2, 0, 4}, {0}, {4, 1, 4, 0, 4}};

/* A verdict, or PF_NATIVE_DEFER, on each value of a queue */
void
pf_native_ask_queue(const PfNative *native, const PfQueue *queue, bool byval, uint8 *verdicts)
{
	uint8		others[PF_BATCH_ROWS];

	switch (native->kind)
	{
		case NATIVE_NOT:
			pf_native_ask_queue(native->children[0], queue, byval, verdicts);
			for (uint32 i = 0; i < queue->n; i++)
				verdicts[i] ^= verdicts[i] <= PF_TRUE;
			return;
		case NATIVE_AND:
		case NATIVE_OR:
			pf_native_ask_queue(native->children[0], queue, byval, verdicts);
			for (int k = 1; k < native->nchildren; k++)
			{
				pf_native_ask_queue(native->children[k], queue, byval, others);
				for (uint32 i = 0; i < queue->n; i++)
					verdicts[i] = (native->kind == NATIVE_AND ? and_of : or_of)[verdicts[i]][others[i]];
			}
			return;
		case NATIVE_CONSTANT:
			memset(verdicts, native->constant, queue->n);
			return;
		case NATIVE_LENGTH:
			ask_lengths(native, queue, verdicts);
			return;
		case NATIVE_RANGE:
		case NATIVE_OUTSIDE:
			if (native->type == NUMERICOID)
				ask_numeric_range(native, queue, verdicts);
			else
				ask_range(native, queue, verdicts);
			return;
		case NATIVE_PATTERN:
			if (native->pattern->is_chain)
			{
				ask_chain(native->pattern, queue, verdicts);
				return;
			}
			break;
		default:
			break;
	}
	ask_each(native, queue, byval, verdicts);
}
