/*
 * archimate_matrix.c
 *		The legal relationships of ArchiMate 3.2, packed, and the function that unpacks them.
 *
 * The matrix has 62 x 62 cells, each a set of the 11 kinds of relationship; only 57 different sets
 * occur. So a row of the matrix is a string with one character per target concept, and the
 * character is the number of the set in relation_sets (A-Z, a-z, 0-9 count from 0). 4 kB hold all
 * 11,569 triples, and a change of one cell shows as a change of one character.
 *
 * Constant data, read once when the extension is installed: nothing is shared or cached.
 */
#include "pf.h"

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"

#define N_CONCEPTS 62

PG_FUNCTION_INFO_V1(pf_archimate_matrix);

typedef struct RelationKind
{
	char		letter;
	const char *name;
	const char *propagates;
} RelationKind;

/*
 * The way in which impact travels along a kind. A whole suffers from its parts, and what is served,
 * triggered, fed, performed or realised suffers from what does it. Access travels both ways until
 * the relationship says whether it reads or writes (the view dependency narrows it).
 */
static const RelationKind relation_kinds[] = {
	{'a', "access", "both"},
	{'c', "composition", "rev"},
	{'f', "flow", "fwd"},
	{'g', "aggregation", "rev"},
	{'i', "assignment", "fwd"},
	{'n', "influence", "none"},
	{'o', "association", "none"},
	{'r', "realization", "fwd"},
	{'s', "specialization", "none"},
	{'t', "triggering", "fwd"},
	{'v', "serving", "fwd"},
};

static const char *const relation_sets[] = {
	"o", "fotv", "no", "or", "nor", "fortv", "ao", "fiortv", "acfginorstv", "cgor", "cfgiortv",
	"cfgostv", "fiotv", "cfgiorstv", "cfgotv", "cgnos", "acfgnorstv", "cgnors", "io", "aio",
	"fgiortv", "cfgorstv", "cfgortv", "acgo", "cgos", "cgnor", "ino", "aor", "cgo", "acgors",
	"fgiotv", "fot", "cfgiotv", "cgno", "", "cfgnorstv", "cfgost", "inor", "acgio", "acgiors",
	"aior", "cfgiost", "cfgiostv", "cgio", "cgors", "fgortv", "fgotv", "fiot", "fort",
	"acfginorst", "acfgnorst", "acfgnost", "afinortv", "cfginorstv", "cfgorst", "cginor",
	"cginors",
};

typedef struct ConceptRow
{
	const char *name;
	const char *cells;			/* one character per concept, in this order */
} ConceptRow;

static const ConceptRow concepts[N_CONCEPTS] = {
	{"ApplicationCollaboration",
		"LtHHHWHHGCBBFFFFGFBFDBEGDGABBCBBAEIAIBGCBEBAEBAGEDCBBBBBBBBCDA"},
	{"ApplicationComponent",
		"BVHHHWHHGCBBFFFFGFBFDBEGDGABBCBBAEIAIBGCBEBAEBAGEDCBBBBBBBBCDA"},
	{"ApplicationEvent",
		"BBLBBBBBGCBBFBBBGBBBABEGAGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCAA"},
	{"ApplicationFunction",
		"BBBLOBOFGCBBBFFBGFBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCDA"},
	{"ApplicationInteraction",
		"BBBOLBOFGCBBBFFBGFBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCDA"},
	{"ApplicationInterface",
		"BBBBBLBMGCBBBBBFGBBFDBEGDGABBCBBAEIAIBGCBEBAEBAGEDCBBBBBBBBCDA"},
	{"ApplicationProcess",
		"BBBOOBLFGCBBBFFBGFBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCDA"},
	{"ApplicationService",
		"BBBBBBBLGCBBBBBBGBBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCDA"},
	{"Artifact",
		"DDDDDDDDsCAADDDDDDADDAEDDDAAACAAAERAIAACAEAAEAAAEDCDADDDDDDCDA"},
	{"Assessment",
		"AAAAAAAAAPAAAAAAAAAAAACAAAAAACAAACPAIAACACAACAAACACAAAAAAAACAA"},
	{"BusinessActor",
		"BBBBBBBBGCLBMMMgGMMHDBEGDGABBCBBAEISIBGCBEBAEBAGEDaBBBBBBBBCDS"},
	{"BusinessCollaboration",
		"BBBBBBBBGCuLMMMgGMeHDBEGDGABBCBBAEISIBGCBEBAEBAGEDaBBBBBBBBCDS"},
	{"BusinessEvent",
		"BBBBBBBBGCBBLBBBGBBBABEGAGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCAA"},
	{"BusinessFunction",
		"BBBBBBBBGCBBBLOBGOBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCDA"},
	{"BusinessInteraction",
		"BBBBBBBBGCBBBOLBGOBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCDA"},
	{"BusinessInterface",
		"BBBBBBBBGCBBBBBLGBBMDBEGDGABBCBBAEIAIBGCBEBAEBAGEDCBBBBBBBBCDA"},
	{"BusinessObject",
		"AAAAAAAAACAAAAAAYAAADAEYDAAAACAAAERAIAACAEAAEAAAEDCAAAAAAAACDA"},
	{"BusinessProcess",
		"BBBBBBBBGCBBBOOBGLBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCDA"},
	{"BusinessRole",
		"BBBBBBBBGCBBMMMOGMLHDBEGDGABBCBBAEISIBGCBEBAEBAGEDaBBBBBBBBCDS"},
	{"BusinessService",
		"BBBBBBBBGCBBBBBBGBBLDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBBCDA"},
	{"Capability",
		"AAAAAAAAACAAAAAAAAAALAEAFAAAACAAAEjAIAACAEAAEAAAEBCAAAAAAAACBA"},
	{"CommunicationNetwork",
		"FFFFFFFFTCFFFFFFGFFFDLEGDGAtBCFFAEIAIBGCFEFAEBAGEDEUFHHHUHHCDA"},
	{"Constraint",
		"AAAAAAAAACAAAAAAAAAAAAPAAAAAACAAAERAIAACAEAAEAAAPACAAAAAAAACAA"},
	{"Contract",
		"AAAAAAAAACAAAAAAYAAADAEYDAAAACAAAERAIAACAEAAEAAAEDCAAAAAAAACDA"},
	{"CourseOfAction",
		"AAAAAAAAACAAAAAAAAAABAEALAAAACAAAEjAIAACAEAAEAAAEBCAAAAAAAACBA"},
	{"DataObject",
		"AAAAAAAAACAAAAAADAAADAEDDYAAACAAAERAIAACAEAAEAAAEDCAAAAAAAACDA"},
	{"Deliverable",
		"DDDDDDDDDCDDDDDDDDDDDDEDDDYDDCDDAERAIDDCDEDDEDADEDEDDDDDDDDCDA"},
	{"Device",
		"FFFFFFFFTCBBFFFFGFBFDBEGDGALBCBBAEIAIBGCBEBAEBAGEDCKBHHHKHHCDA"},
	{"DistributionNetwork",
		"FFFFFFFFTCHHHHHHGHHHDBEGDGAULCUUAEISIBTCUEFAEBAGEDlUFHHHUHHCDS"},
	{"Driver",
		"AAAAAAAAACAAAAAAAAAAAACAAAAAAPAAACPAIAACACAACAAACACAAAAAAAACAA"},
	{"Equipment",
		"FFFFFFFFTCBBFFFFGFBFDBEGDGAWBCVBAEIAIBTCBEBAEBAGEDCKBHHHKHHCDA"},
	{"Facility",
		"FFFFFFFFTCMMHHHHGHMHDBEGDGAKBCKqAEISIBTCgEBAEBAGEDaKBHHHKHHCDS"},
	{"Gap",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAYAYAIAAAAAAAAAAAAAAAAAAAAAAAAA"},
	{"Goal",
		"AAAAAAAAACAAAAAAAAAAAACAAAAAACAAAPPAIAACACAACAAACACAAAAAAAACAA"},
	{"Grouping",
		"VVNNNVNNnPNNNNNNdNNNNVRdVddNVPNNYRIpIVnPNRV2RVcdRV4NVNNNNNNPNp"},
	{"ImplementationEvent",
		"AAAAAAAAACAAAAAAAAAAAACAAAGAACAAACzkIAACACAfCAAACACAAAAAAAACAf"},
	{"Junction",
		"FFHHHFHHoCHHHHHHbHHHHFEbFbbHFCHHAE0vIFoCHEFwEFibEFlHFHHHHHHCHv"},
	{"Location",
		"WWKKKWKKmhKKKKKKXKKKJOZXJXcKOhKKcZIrILmhKZWcZOcXZJ3KWKKKKKKhJr"},
	{"Material",
		"DDDDDDDDDCAADDDDDDADDAEDDDADACDAAERAIAsCAEAAEAAAEDCDADDDDDDCDA"},
	{"Meaning",
		"AAAAAAAAACAAAAAAAAAAAACAAAAAACAAACPAIAAPACAACAAACACAAAAAAAACAA"},
	{"Node",
		"FFFFFFFFTCMMHHHHGHMHDBEGDGAKBCKgAEISIBTCqEBAEBAGEDaKBHHHKHHCDS"},
	{"Outcome",
		"AAAAAAAAACAAAAAAAAAAAACAAAAAACAAAERAIAACAPAACAAACACAAAAAAAACAA"},
	{"Path",
		"FFFFFFFFTCMMHHHHGHMHDBEGDGAUBCUeAEISIBTCeELAEBAGEDaUuHHHUHHCDS"},
	{"Plateau",
		"JJJJJJJJJCJJJJJJJJJJJJZJJJGJJCJJAZxfIJJCJZJkEJcJZJlJJJJJJJJCJf"},
	{"Principle",
		"AAAAAAAAACAAAAAAAAAAAACAAAAAACAAAERAIAACAEAAPAAACACAAAAAAAACAA"},
	{"Product",
		"FFFFFFFWXCBBFFFFXFBWDBEXDXAFBCFBAEQAIBXCBEBAELAXEDCFBFFFFFWCDA"},
	{"Relationship",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAiAAAAAAAAAiAAAAAAAAAAAAAAA"},
	{"Representation",
		"AAAAAAAAACAAAAAADAAADAEDDAAAACAAAERAIAACAEAAEAAYEDCAAAAAAAACDA"},
	{"Requirement",
		"AAAAAAAAACAAAAAAAAAAAAPAAAAAACAAAERAIAACAEAAEAAAPACAAAAAAAACAA"},
	{"Resource",
		"AAAAAAAAACAAAAAAAAAAMAEAFAAAACAAAE1AIAACAEAAEAAAELCAAAAAAAACMA"},
	{"Stakeholder",
		"AAAAAAAAACAAAAAAAAAAAACAAAAAACAAACPAIAACACAACAAACAPAAAAAAAACAA"},
	{"SystemSoftware",
		"FFFFFFFFTCBBFFFFGFBFDBEGDGABBCBBAEIAIBGCBEBAEBAGEDCNBHHHKHHCDA"},
	{"TechnologyCollaboration",
		"FFFFFFFFTCMMHHHHGHMHDBEGDGAUBCUeAEISIBTCeEBAEBAGEDaULHHHKHHCDS"},
	{"TechnologyEvent",
		"BBFBBBBBGCBBFBBBGBBBABEGAGABBCBBAEQAIBGCBEBAEBAGEACBBLBBBBBCAA"},
	{"TechnologyFunction",
		"BBBFFBFFGCBBBFFBGFBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBLOBOFCDA"},
	{"TechnologyInteraction",
		"BBBFFBFFGCBBBFFBGFBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBOLBOFCDA"},
	{"TechnologyInterface",
		"BBBBBFBFGCBBBBBFGBBFDBEGDGABBCBBAEIAIBGCBEBAEBAGEDCBBBBBLBMCDA"},
	{"TechnologyProcess",
		"BBBFFBFFGCBBBFFBGFBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBOOBLFCDA"},
	{"TechnologyService",
		"BBBBBBBFGCBBBBBBGBBFDBEGDGABBCBBAEQAIBGCBEBAEBAGEACBBBBBBBLCDA"},
	{"Value",
		"AAAAAAAAACAAAAAAAAAAAACAAAAAACAAACPAIAACACAACAAACACAAAAAAAAPAA"},
	{"ValueStream",
		"AAAAAAAAACAAAAAAAAAABAEAFAAAACAAAEjAIAACAEAAEAAAEBCAAAAAAAACLA"},
	{"WorkPackage",
		"DDDDDDDDDCDDDDDDDDDDDDEDDDbDDCDDAEyfIDDCDEDwEDADEDEDDDDDDDDCDk"},
};

/* The set of relationship kinds that a cell's character stands for. */
static const char *
cell_relations(char c)
{
	int			n;

	if (c >= 'A' && c <= 'Z')
		n = c - 'A';
	else if (c >= 'a' && c <= 'z')
		n = c - 'a' + 26;
	else
		n = c - '0' + 52;
	if (n < 0 || n >= lengthof(relation_sets))
		elog(ERROR, "invalid character \"%c\" in the ArchiMate matrix", c);
	return relation_sets[n];
}

static const RelationKind *
relation_kind(char letter)
{
	for (int i = 0; i < lengthof(relation_kinds); i++)
	{
		if (relation_kinds[i].letter == letter)
			return &relation_kinds[i];
	}
	elog(ERROR, "invalid relation \"%c\" in the ArchiMate matrix", letter);
	return NULL;				/* keep compiler quiet */
}

Datum
pf_archimate_matrix(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	pf_init_materialized_srf(fcinfo);
	for (int s = 0; s < N_CONCEPTS; s++)
	{
		for (int t = 0; t < N_CONCEPTS; t++)
		{
			for (const char *r = cell_relations(concepts[s].cells[t]); *r != '\0'; r++)
			{
				const RelationKind *kind = relation_kind(*r);
				Datum		values[4];
				bool		nulls[4] = {false};

				values[0] = CStringGetTextDatum(concepts[s].name);
				values[1] = CStringGetTextDatum(kind->name);
				values[2] = CStringGetTextDatum(concepts[t].name);
				values[3] = CStringGetTextDatum(kind->propagates);
				tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
			}
		}
	}
	return (Datum) 0;
}
