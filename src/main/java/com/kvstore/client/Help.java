package com.kvstore.client;

/** The texts of help. */
public final class Help {
    /** What can be typed. */
    public static final String COMMANDS = """
            put:KEY:VALUE     PUT KEY VALUE      store a value (also SET)
            get:KEY           GET KEY            read a value
            update:KEY:VALUE  UPDATE KEY VALUE   overwrite a value that is there
            delete:KEY        DELETE KEY         remove a key (also DEL)
            put-if-absent KEY VALUE              store a value unless the key is there
            put-if-version KEY VERSION VALUE     store a value unless it has changed since VERSION
            version KEY                          the version of the value that is there
            compare-and-delete KEY VALUE         remove a key if it has this value
            put-ttl KEY TIME VALUE               store a value that is gone after TIME, as 500ms, 30s or 2m
            multi-get KEY [KEY…]                 read several keys as of one moment
            multi-put KEY VALUE [KEY VALUE…]     store all of these values or none
            scan [PREFIX]                        the keys that are there
            count                                how many keys are there
            status                               servers, copies, moves
            ring                                 the servers' positions
            where KEY                            a key's position, owner and replica
            plan add|remove IP:PORT              what would move, before anything moves
            drain IP:PORT                        move everything off a server, then let it leave
            forget IP:PORT                       give up a server and whatever only it holds
            accept-loss                          give up what both copies are gone of
            repair                               compare all copies now, and copy again what differs
            load FILE                            put each line of a file as a key, its line number as the value
            put-file KEY PATH                    store a file as one value, up to 16 MiB
            get-file KEY PATH                    write a value into a file
            put-dir PREFIX DIR                   store each file of a directory, its key PREFIX and its path
            get-dir PREFIX DIR                   write all keys that begin with PREFIX into files
            backup now [DIR]                     a snapshot of the whole store into a file in DIR (backups)
            backup list|verify [PATH]            what there is; whether a backup, or the newest in PATH, is sound
            backup restore|replace [PATH]        write it into an empty store; make the store what it is
            help, exit (quit)
            Letter case does not matter. With colons nothing is trimmed from a value. With spaces, "double quotes"
            keep a value together, and \\n \\t \\" \\\\ \\xHH stand for odd bytes.""";

    /** The same on one line, for whoever reads answers line by line. */
    public static final String COMMANDS_LINE = "Commands: put:KEY:VALUE get:KEY update:KEY:VALUE delete:KEY"
            + " (or PUT KEY VALUE, SET, GET, UPDATE, DELETE, DEL) put-if-absent KEY VALUE put-if-version KEY VERSION VALUE"
            + " version KEY compare-and-delete KEY VALUE put-ttl KEY TIME VALUE multi-get KEY… multi-put KEY VALUE…"
            + " scan [PREFIX] count status ring where KEY plan add|remove IP:PORT"
            + " drain IP:PORT forget IP:PORT accept-loss repair load FILE put-file KEY PATH get-file KEY PATH"
            + " put-dir PREFIX DIR get-dir PREFIX DIR"
            + " backup now|list|verify|restore|replace [PATH] help exit";

    /** Of the command line. */
    public static final String USAGE = "usage: run-client.sh [options] [PORT] [COMMAND…]";

    /** Of the command line, in full. */
    public static final String COMMAND_LINE = USAGE + """


            Without a command: the prompt, or, when standard input is no terminal, its lines one after the other.
            With a command: its answer, and out. PORT means 127.0.0.1 and that port.

            options, before the command:
              --server IP:PORT   the coordinator's address, or that of a peer
              --group FILE       a group file: all peers of a group; if one is gone, another one is asked
              --config FILE      where that address stands, an IP and a port on a line each (default cs_config.txt;
                                 without that file 127.0.0.1 8080)
              --timeout TIME     how long a command may take, as 500ms, 10s or 2m (default 10s)
              --password-file FILE
                                 where the password stands that the nodes ask for
              --read HOW         protocol: as the group's protocol promises (default); local: what the asked peer holds, which
                                 may be stale; own: the same, but with your own writes (the default with --group and
                                 the protocol eventual)
              --session FILE     keeps what was written in FILE, so that the next command reads it too; with --read own
              --raw              print a value's bare bytes, with nothing added
              --json             print JSON, errors too
              --help             this text

            It ends with 0 if all worked, 1 if a key was not found, 2 on an error.

            bench, instead of a command: compares the replication protocols in groups of processes that it starts
            itself, and reports with charts; bench --help says more.

            record --out FILE, instead of a command: drives the cluster with many clients and records what they were
            told, for ./run-sim.sh check; record --help says more.

            commands:
            """ + COMMANDS + """


            On a command line the shell's quotes are enough, backslashes mean themselves, and further words belong to
            the value: run-client.sh put city New York""";

    private Help() {}
}
