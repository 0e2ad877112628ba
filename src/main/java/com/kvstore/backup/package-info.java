/** Backups as files: their format, the directories they lie in, and what a backup server does with those it is sent. */
@NullMarked
package com.kvstore.backup;

import org.jspecify.annotations.NullMarked;
