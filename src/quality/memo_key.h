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
hash_key(uint64 head, uint64 tail, uint32 len)
{
	return (uint32) ((head * UINT64CONST(0x9e3779b97f4a7c15) + (tail ^ len) * UINT64CONST(0xd6e8feb86659fd93)) >> 32);
}

/* The bytes of up to 16 characters as two words, where 16 may be read. */
static inline void
read_words(PfMemoKey *key, const char *data, uint32 len)
{
	static const unsigned char ones[32] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff
	};

	key->head = load_word(data) & load_word(ones + 16 - len);
	key->tail = load_word(data + 8) & load_word(ones + 24 - len);
}

/* The same where nothing behind the last character may be read. */
static inline void
copy_words(PfMemoKey *key, const char *data, uint32 len)
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
	key->head = words[0];
	key->tail = words[1];
}

static inline void
hash_long(PfMemoKey *key, const char *data, uint32 len)
{
	uint64		hash = load_word(data + len - 8);

	key->head = load_word(data);
	for (uint32 i = 8; i < len - 8; i += 8)
	{
		hash = (hash ^ load_word(data + i)) * UINT64CONST(0x9e3779b97f4a7c15);
		hash ^= hash >> 29;
	}
	key->tail = hash;
}

static inline void
make_key(PfMemoKey *key, const char *data, uint32 len)
{
	if (likely(len <= 16))
		copy_words(key, data, len);
	else
		hash_long(key, data, len);
	key->data = data;
	key->len = len;
	key->hash = hash_key(key->head, key->tail, len);
}

static inline bool
same_key(const PfMemoKey *a, const PfMemoKey *b)
{
	return a->head == b->head && a->len == b->len && a->tail == b->tail &&
		(a->len <= 16 || memcmp(a->data, b->data, a->len) == 0);
}

#endif							/* PF_MEMO_KEY_H */
