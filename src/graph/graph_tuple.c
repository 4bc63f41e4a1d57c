/*
 * graph_tuple.c
 *		A few columns of each of many rows.
 *
 * A query for whole rows hands its receiver the slot of the scan, with the row as it lies on its page. Taking such a
 * row apart with slot_getsomeattrs() notes down every column before the last that is wanted, and a query for
 * the wanted columns alone copies them once more. Here one walk over the row keeps what is wanted and passes over the
 * rest. Other slots, and rows that are older than a column that is wanted, are read in the ordinary way.
 *
 * What is kept points into the row; it is good until the receiver returns.
 */
#include "graph.h"

#include "access/htup_details.h"
#include "access/tupmacs.h"

#define MAX_PASSED 64			/* columns whose bits of presence fit in a word */

/*
 * Rows fill a page from its end, so one that comes soon lies so many bytes before: two lines of the cache that
 * the processor would otherwise wait for.
 */
#define AHEAD 384
#define LINE 64

/* Where the wanted columns stand in the result. */
void
pf_graph_find_columns(PfColumns *columns, const char *const *names, int count, TupleDesc desc)
{
	columns->n_passed = 0;
	columns->passed = palloc(desc->natts * sizeof(PfColumn));
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);
		PfColumn   *column = &columns->passed[i];

		column->length = attribute->attlen;
		column->by_value = attribute->attbyval;
		column->alignment = att_align_nominal(1, attribute->attalign);
		column->wanted = -1;
	}
	for (int wanted = 0; wanted < count; wanted++)
	{
		int			i = 0;

		while (i < desc->natts && strcmp(NameStr(TupleDescAttr(desc, i)->attname), names[wanted]) != 0)
			i++;
		if (i == desc->natts)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("column \"%s\" does not exist", names[wanted])));
		columns->passed[i].wanted = wanted;
		columns->n_passed = Max(columns->n_passed, i + 1);
	}
}

static void
read_slot(PfColumns *columns, TupleTableSlot *slot)
{
	slot_getsomeattrs(slot, columns->n_passed);
	for (int i = 0; i < columns->n_passed; i++)
	{
		int			wanted = columns->passed[i].wanted;

		if (wanted < 0)
			continue;
		columns->values[wanted] = slot->tts_values[i];
		columns->nulls[wanted] = slot->tts_isnull[i];
	}
}

static void
read_tuple(PfColumns *columns, HeapTupleHeader tuple)
{
	const PfColumn *end = columns->passed + columns->n_passed;
	char	   *at = (char *) tuple + tuple->t_hoff;	/* aligned for every type */
	uint64		absent = 0;

	if (tuple->t_infomask & HEAP_HASNULL)
		for (int i = 0; i < BITMAPLEN(columns->n_passed); i++)
			absent |= (uint64) (uint8) ~tuple->t_bits[i] << (i * 8);
	memset(columns->nulls, 0, sizeof(columns->nulls));
	for (const PfColumn *column = columns->passed; column < end; column++, absent >>= 1)
	{
		if (absent & 1)
		{
			if (column->wanted >= 0)
			{
				columns->values[column->wanted] = (Datum) 0;
				columns->nulls[column->wanted] = true;
			}
		}
		else if (column->length == -1)
		{
			/* Padding is zero, as no header is; before a short one there is none. */
			if (!VARATT_NOT_PAD_BYTE(at))
				at = (char *) TYPEALIGN(column->alignment, at);
			if (column->wanted >= 0)
				columns->values[column->wanted] = PointerGetDatum(at);
			at += VARSIZE_ANY(at);
		}
		else
		{
			at = (char *) TYPEALIGN(column->alignment, at);
			if (column->wanted >= 0)
				columns->values[column->wanted] = fetch_att(at, column->by_value, column->length);
			at = (char *) att_addlength_pointer((uintptr_t) at, column->length, at);
		}
	}
}

/* Take the wanted columns of a row. */
void
pf_graph_take_columns(PfColumns *columns, TupleTableSlot *slot)
{
	if (TTS_IS_BUFFERTUPLE(slot) || TTS_IS_HEAPTUPLE(slot))
	{
		HeapTuple	tuple = ((HeapTupleTableSlot *) slot)->tuple;

		if (tuple != NULL && columns->n_passed <= MAX_PASSED && columns->n_passed <= HeapTupleHeaderGetNatts(tuple->t_data))
		{
			pf_prefetch((char *) tuple->t_data - AHEAD);
			pf_prefetch((char *) tuple->t_data - AHEAD + LINE);
			read_tuple(columns, tuple->t_data);
			return;
		}
	}
	read_slot(columns, slot);
}
