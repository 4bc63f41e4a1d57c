/*
 * memo.c
 *		Which outcome did this value have? A bounded hash table per column, for one query.
 *
 * Values of up to 15 bytes stand in the slot itself, so that most are found without following a
 * pointer; engine.c looks them up in its own loop. A table that is full takes no more values; one
 * whose values do not come again is dropped, and each value is judged anew.
 */
#include "engine.h"

#include "utils/memutils.h"

#include "memo_key.h"

#define MEMO_MAX_VALUES 16384
#define MEMO_MAX_BYTES (4 * 1024 * 1024)
#define ROOM_AT_ONCE 8192

PfMemo *
pf_memo_create(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "pg_portfolio memo", ALLOCSET_SMALL_SIZES);
	PfMemo	   *memo = MemoryContextAllocZero(context, sizeof(PfMemo));

	memo->context = context;
	memo->shift = 32 - 4;
	memo->slots = MemoryContextAllocZero(context, sizeof(PfMemoSlot) * PF_MEMO_SLOTS(memo));
	return memo;
}

static PfMemoSlot *
free_slot(PfMemo *memo, uint32 hash)
{
	uint32		at;

	for (at = hash >> memo->shift; memo->slots[at].is.outcome; at = (at + 1) & (PF_MEMO_SLOTS(memo) - 1))
		;
	return &memo->slots[at];
}

static void
grow(PfMemo *memo)
{
	PfMemoSlot *old = memo->slots;
	uint32		nold = PF_MEMO_SLOTS(memo);

	memo->shift--;
	memo->slots = MemoryContextAllocZero(memo->context, sizeof(PfMemoSlot) * PF_MEMO_SLOTS(memo));
	for (uint32 i = 0; i < nold; i++)
		if (old[i].is.outcome)
			*free_slot(memo, hash_key(old[i].head, old[i].tail)) = old[i];
	pfree(old);
}

/* Long values stand one behind the other: a chunk for each would be rounded up to a power of two. */
static PfLongValue *
copy_value(PfMemo *memo, const PfMemoKey *key, PfOutcome *outcome)
{
	Size		size = MAXALIGN(offsetof(PfLongValue, data) + key->len);
	PfLongValue *value;

	if (memo->left < size)
	{
		memo->left = Max(size, ROOM_AT_ONCE);
		memo->room = MemoryContextAlloc(memo->context, memo->left);
	}
	value = (PfLongValue *) memo->room;
	memo->room += size;
	memo->left -= size;
	memo->bytes += size;
	value->outcome = outcome;
	value->len = key->len;
	memcpy(value->data, key->data, key->len);
	return value;
}

/* Remember the outcome of a value that is not there, unless the table is full. */
void
pf_memo_put(PfMemo *memo, const PfMemoKey *key, PfOutcome *outcome)
{
	PfMemoSlot *slot;

	memo->misses++;
	if (memo->nvalues >= MEMO_MAX_VALUES || memo->bytes + key->len > MEMO_MAX_BYTES)
		return;
	if (2 * (memo->nvalues + 1) > PF_MEMO_SLOTS(memo))
		grow(memo);
	slot = free_slot(memo, key->hash);
	slot->head = key->head;
	slot->tail = key->tail;
	memo->nvalues++;
	if (PF_KEY_IS_LONG(key->tail))
		slot->is.value = copy_value(memo, key, outcome);
	else
		slot->is.outcome = outcome;
}

/*
 * Did too many of the values looked up since the last time not come before? Where judging takes no more than
 * native code, a look that finds nothing is soon dearer than what it could save.
 */
bool
pf_memo_useless(PfMemo *memo, int64 lookups, bool cheap)
{
	bool		useless = memo->misses > lookups / (cheap ? 8 : 2);

	memo->misses = 0;
	return useless;
}

void
pf_memo_drop(PfMemo *memo)
{
	MemoryContextDelete(memo->context);
}
