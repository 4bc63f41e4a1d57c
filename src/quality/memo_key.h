/*
 * memo_key.h
 *		A value as the key of a hash table: its first and last words, its length and a hash.
 */
#ifndef PF_MEMO_KEY_H
#define PF_MEMO_KEY_H

#include "engine.h"

/* Multiplicative, twice: the bytes that differ may be any. */
static inline uint32
hash_key(uint64 head, uint64 tail, uint32 len)
{
	uint64		h = (head ^ len) * UINT64CONST(0x9e3779b97f4a7c15) + tail * UINT64CONST(0xd6e8feb86659fd93);

	h ^= h >> 32;
	h *= UINT64CONST(0xd6e8feb86659fd93);
	return (uint32) (h >> 32);
}

/* Where the words overlap they are the same bytes, so length and words together are exact. */
static inline void
make_key(PfMemoKey *key, const char *data, uint32 len)
{
	uint64		head = 0,
				tail = 0;

	if (len >= 8)
	{
		memcpy(&head, data, 8);
		memcpy(&tail, data + len - 8, 8);
		if (unlikely(len > 16))
			for (uint32 i = 8; i < len - 8; i += 8)
			{
				uint64		word;

				memcpy(&word, data + i, 8);
				tail = (tail ^ word) * UINT64CONST(0x9e3779b97f4a7c15);
				tail ^= tail >> 29;
			}
	}
	else if (len >= 4)
	{
		uint32		low,
					high;

		memcpy(&low, data, 4);
		memcpy(&high, data + len - 4, 4);
		head = low | (uint64) high << 32;
	}
	else if (len > 0)
		head = (unsigned char) data[0] | (uint64) (unsigned char) data[len >> 1] << 8 |
			(uint64) (unsigned char) data[len - 1] << 16;
	key->head = head;
	key->tail = tail;
	key->data = data;
	key->len = len;
	key->hash = hash_key(head, tail, len);
}

static inline bool
same_key(const PfMemoKey *a, const PfMemoKey *b)
{
	return a->head == b->head && a->len == b->len && a->tail == b->tail &&
		(a->len <= 16 || memcmp(a->data, b->data, a->len) == 0);
}

#endif							/* PF_MEMO_KEY_H */
