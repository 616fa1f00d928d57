#!/bin/sh
# 2250-fetch-table.t - a table of what servers do, each row fetched three times:
# every message is complete in the archive or named in the report, the second run
# finds nothing new, and the sums agree. table-fetch.py has the rows.
. "$(dirname "$0")/lib.sh"

echo secret >pw
python3 "$top/t/table-fetch.py" pw
