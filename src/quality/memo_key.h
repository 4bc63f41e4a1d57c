/*
 * memo_key.h
 *		A value as the key of a hash table: its first words, its length and a hash.
 */
#ifndef PF_MEMO_KEY_H
#define PF_MEMO_KEY_H

#include "engine.h"

static inline uint64
load_word(const void *from)
{
	uint64		word;

	memcpy(&word, from, sizeof(word));
	return word;
}

/* Its high bits are good: they depend on every byte. */
static inline uint32
hash_key(uint64 head, uint64 tail)
{
	return (uint32) ((head * UINT64CONST(0x9e3779b97f4a7c15) + tail * UINT64CONST(0xd6e8feb86659fd93)) >> 32);
}

static inline void
set_key(PfMemoKey *key, uint64 head, uint64 tail, const char *data, uint32 len)
{
	key->head = head;
	key->tail = tail;
	key->data = data;
	key->len = len;
	key->hash = hash_key(head, tail);
}

/* Two words that begin with the value's bytes, its length in the last one. */
static inline uint64
tail_of(uint64 word, uint32 len)
{
#ifdef WORDS_BIGENDIAN
	word >>= 8;
#endif
	return word | (uint64) len << 56;
}

/* The bytes of a key that is not long; there are one more than PF_KEY_BYTES of them. */
static inline void
key_bytes(char *bytes, uint64 head, uint64 tail)
{
#ifdef WORDS_BIGENDIAN
	tail <<= 8;
#endif
	memcpy(bytes, &head, sizeof(head));
	memcpy(bytes + sizeof(head), &tail, sizeof(tail));
}

#define PF_KEY_LEN(tail) ((uint32) ((tail) >> 56))

/* Room for a text that waited in a queue */
typedef struct PfQueuedText
{
	char		data[VARHDRSZ_SHORT + PF_KEY_BYTES + 1];
} PfQueuedText;

/* A value of a queue as it was */
static inline Datum
queued_value(const PfQueue *queue, uint32 i, bool byval, PfQueuedText *room)
{
	if (byval)
		return (Datum) queue->head[i];
	key_bytes(room->data + VARHDRSZ_SHORT, queue->head[i], queue->tail[i]);
	SET_VARSIZE_SHORT(room->data, VARHDRSZ_SHORT + PF_KEY_LEN(queue->tail[i]));
	return PointerGetDatum(room->data);
}

/* The key of up to PF_KEY_BYTES where one more than these may be read. */
static inline void
read_key(PfMemoKey *key, const char *data, uint32 len)
{
	static const unsigned char ones[31] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};

	set_key(key, load_word(data) & load_word(ones + 15 - len),
			tail_of(load_word(data + 8) & load_word(ones + 23 - len), len), data, len);
}

/* The same where nothing behind the last byte may be read. */
static inline void
copy_key(PfMemoKey *key, const char *data, uint32 len)
{
	uint64		words[2] = {0, 0};

#ifdef WORDS_BIGENDIAN
	memcpy(words, data, len);
#else
	if (len >= 8)
	{
		words[0] = load_word(data);
		if (len > 8)
			words[1] = load_word(data + len - 8) >> (8 * (16 - len));
	}
	else if (len >= 4)
	{
		uint32		low,
					high;

		/* Where they overlap they are the same bytes */
		memcpy(&low, data, 4);
		memcpy(&high, data + len - 4, 4);
		words[0] = low | (uint64) high << (8 * (len - 4));
	}
	else
		for (uint32 i = 0; i < len; i++)
			words[0] |= (uint64) (unsigned char) data[i] << (8 * i);
#endif
	set_key(key, words[0], tail_of(words[1], len), data, len);
}

static inline void
hash_long(PfMemoKey *key, const char *data, uint32 len)
{
	uint64		hash = load_word(data + len - 8) ^ len;

	for (uint32 i = 8; i < len - 8; i += 8)
	{
		hash = (hash ^ load_word(data + i)) * UINT64CONST(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	set_key(key, load_word(data), hash | (uint64) PF_KEY_LONG << 56, data, len);
}

static inline void
make_key(PfMemoKey *key, const char *data, uint32 len)
{
	if (likely(len <= PF_KEY_BYTES))
		copy_key(key, data, len);
	else
		hash_long(key, data, len);
}

/* Are they the same bytes, at least 8 of them? */
static inline bool
same_bytes(const char *a, const char *b, uint32 len)
{
	for (uint32 i = 0; i < len - 8; i += 8)
		if (load_word(a + i) != load_word(b + i))
			return false;
	return load_word(a + len - 8) == load_word(b + len - 8);
}

static inline bool
same_key(const PfMemoKey *a, const PfMemoKey *b)
{
	return a->head == b->head && a->tail == b->tail &&
		(!PF_KEY_IS_LONG(a->tail) || (a->len == b->len && same_bytes(a->data, b->data, a->len)));
}

/* The outcome of the value in a slot, where it is this one. */
static inline PfOutcome *
slot_outcome(const PfMemoSlot *slot, const PfMemoKey *key)
{
	if (slot->head != key->head || slot->tail != key->tail)
		return NULL;
	if (likely(!PF_KEY_IS_LONG(key->tail)))
		return slot->is.outcome;
	return slot->is.value->len == key->len && same_bytes(slot->is.value->data, key->data, key->len)
		? slot->is.value->outcome : NULL;
}

#endif							/* PF_MEMO_KEY_H */
