/*
 * pf_error.h
 *		Messages that more than one file must give word for word the same.
 */
#ifndef PF_ERROR_H
#define PF_ERROR_H

#define PF_HINT_HELP "SELECT * FROM portfolio.help() lists what there is."

#endif							/* PF_ERROR_H */
