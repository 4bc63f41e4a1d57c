/*
 * pin_settings.c
 *		Settings of the session that what we do must not hang on.
 *
 * Both functions are called between NewGUCNestLevel() and AtEOXact_GUC(): what they set ends there, or with an error.
 */
#include "pf.h"

#include "utils/guc.h"

void
pf_pin_setting(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
}

/* Values and names are written in one way. What is written with a time zone needs timezone too: it also says which day it is. */
void
pf_pin_writing(void)
{
	pf_pin_setting("datestyle", "ISO, YMD");
	pf_pin_setting("intervalstyle", "postgres");
	pf_pin_setting("extra_float_digits", "3");
	pf_pin_setting("bytea_output", "hex");
	pf_pin_setting("quote_all_identifiers", "off");
}
