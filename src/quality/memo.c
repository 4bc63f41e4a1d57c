/*
 * memo.c
 *		Which outcome did this value have? A bounded hash table per column, for one query.
 *
 * Values of up to 16 bytes stand in the slot itself, so that most are found without following a
 * pointer; engine.c looks them up in its own loop. A table that is full takes no more values; one
 * whose values do not come again is dropped, and each value is judged anew.
 */
#include "engine.h"

#include "utils/memutils.h"

#define MEMO_MAX_VALUES 16384
#define MEMO_MAX_BYTES (4 * 1024 * 1024)

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

	for (at = hash >> memo->shift; memo->slots[at].outcome; at = (at + 1) & (PF_MEMO_SLOTS(memo) - 1))
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
		if (old[i].outcome)
			*free_slot(memo, old[i].hash) = old[i];
	pfree(old);
}

/* Remember the outcome of a value that is not there, unless the table is full. */
void
pf_memo_put(PfMemo *memo, const PfMemoKey *key, PfOutcome *outcome)
{
	PfMemoSlot *slot;

	memo->misses++;
	if (memo->nvalues >= MEMO_MAX_VALUES || memo->bytes + key->len > MEMO_MAX_BYTES)
		return;
	/* Small tables are kept sparse, for the first look to hit; large ones dense, for the cache */
	if ((PF_MEMO_SLOTS(memo) <= 1024 ? 4 : 2) * (memo->nvalues + 1) > PF_MEMO_SLOTS(memo))
		grow(memo);
	slot = free_slot(memo, key->hash);
	slot->head = key->head;
	slot->len = key->len;
	slot->hash = key->hash;
	slot->outcome = outcome;
	memo->nvalues++;
	if (key->len <= 16)
		slot->rest.tail = key->tail;
	else
	{
		char	   *copy = MemoryContextAlloc(memo->context, key->len);

		memcpy(copy, key->data, key->len);
		slot->rest.data = copy;
		memo->bytes += key->len;
	}
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
