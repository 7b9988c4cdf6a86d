# Loaded into Redis's test suite (between its procedures and its main part)
# by scripts/tcl-suite. It changes four things, none of them a test:
#
#  - every event of the run is also written to $REDOUBT_EVENTS, one line each:
#    kind, base64 of the text, milliseconds. scripts/tcltable reads that file.
#  - what stands between the tests of a unit (preparation) is run statement by
#    statement, so that an error there is reported under the name
#    "(preparation) ..." and the tests after it still run. The suite's own
#    --durable does the same inside a test, and is always on.
#  - waiting for a server ends when that server has died, instead of after two
#    minutes, and recognises Redoubt's log as well as Redis's logo.
#  - tests that kill the child process of a save or rewrite are given a process
#    to kill, and the save or rewrite is ended as a failure (DEBUG FAIL-JOB):
#    Redoubt has no child processes. unit/shutdown only looks for the temporary
#    file with the child's number in its name; here that is the server's.

set ::redoubt_in_test 0

proc redoubt_event {kind text {elapsed 0}} {
    set f [open $::env(REDOUBT_EVENTS) a]
    fconfigure $f -encoding utf-8
    set text [encoding convertto utf-8 $text]
    puts $f "$kind [binary encode base64 $text] $elapsed"
    close $f
}

rename send_data_packet redoubt_send_data_packet
proc send_data_packet {fd status data {elapsed 0}} {
    if {$::client && $status in {testing ok err skip ignore exception done}} {
        redoubt_event $status $data $elapsed
    }
    redoubt_send_data_packet $fd $status $data $elapsed
}

# redoubt_statements cuts a script into its complete commands.
proc redoubt_statements {script} {
    set statements {}
    set current ""
    foreach line [split $script "\n"] {
        append current $line "\n"
        if {[info complete $current]} {
            if {[string trim $current] ne ""} {lappend statements $current}
            set current ""
        }
    }
    if {[string trim $current] ne ""} {lappend statements $current}
    return $statements
}

# redoubt_each runs a script in its caller's frame, one statement at a time.
# An error is an event and not the end; break, continue and return pass.
proc redoubt_each {script} {
    foreach statement [redoubt_statements $script] {
        set code [catch {uplevel 1 $statement} result]
        if {$code == 1} {
            set first [string trim [lindex [split [string trim $statement] "\n"] 0]]
            set name "(preparation) [string range $first 0 70]"
            incr ::num_failed
            send_data_packet $::test_server_fd testing $name
            send_data_packet $::test_server_fd err "$name in $::curfile\n$result\n$::errorInfo"
            redoubt_fresh_connection
        } elseif {$code != 0} {
            return -code $code $result
        }
    }
}

# redoubt_fresh_connection replaces the client of the innermost server, which
# a failed test may have left inside MULTI, subscribed or speaking RESP3, and
# ends a pause of clients that the test began.
proc redoubt_fresh_connection {} {
    if {!$::external && [llength $::servers] > 0} {
        catch {reconnect}
        catch {r client unpause}
    }
}

# The unit's variables live in this procedure's frame, as in the original: at
# global level a test's "set client" would overwrite a variable of the suite.
rename execute_test_file redoubt_execute_test_file
proc execute_test_file {__testname} {
    set ::curfile "tests/$__testname.tcl"
    redoubt_each [redoubt_file $::curfile]
    send_data_packet $::test_server_fd done $__testname
}

proc redoubt_file {path} {
    set f [open $path]
    set text [read $f]
    close $f
    return $text
}

rename start_server redoubt_start_server
proc start_server {options {code undefined}} {
    if {$code eq "undefined"} {
        return [uplevel 1 [list redoubt_start_server $options $code]]
    }
    if {$::redoubt_in_test} {
        return [uplevel 1 [list redoubt_start_server $options [list redoubt_asserting $code]]]
    }
    uplevel 1 [list redoubt_start_server $options [list redoubt_each $code]]
}

# redoubt_asserting runs a script in its caller's frame and turns any error of it
# into a failed assertion of the test around it. Without this the suite, in its
# durable mode, ends two servers after an error: that of the script, and the one that
# the test uses.
proc redoubt_asserting {script} {
    set code [catch {uplevel 1 $script} result]
    if {$code == 1 && ![string match "assertion:*" $result]} {
        return -code error "assertion:$result"
    }
    return -code $code $result
}

rename tags redoubt_tags
proc tags {tags code} {
    if {!$::redoubt_in_test} {set code [list redoubt_each $code]}
    uplevel 1 [list redoubt_tags $tags $code]
}

rename test redoubt_test
proc test {name code {okpattern undefined} {tags {}}} {
    set failed $::num_failed
    incr ::redoubt_in_test
    set status [catch {uplevel 1 [list redoubt_test $name $code $okpattern $tags]} result options]
    incr ::redoubt_in_test -1
    if {$::num_failed != $failed} {redoubt_fresh_connection}
    return -options $options $result
}

rename get_child_pid redoubt_get_child_pid
proc get_child_pid {idx} {
    if {!$::external && $::curfile eq "tests/unit/shutdown.tcl"} {return [srv $idx pid]}
    set pid ""
    catch {set pid [redoubt_get_child_pid $idx]}
    if {$pid eq "" && ![catch {r $idx debug fail-job}]} {
        set pid [exec sleep 120 &]
    }
    return $pid
}

proc wait_server_started {config_file stdout pid} {
    for {set i 0} {$i < 1200} {incr i} {
        set log [exec cat $stdout]
        if {[regexp -- " PID: $pid|pid=$pid\\y|^$pid:" $log] || [regexp -line -- "^$pid:" $log]} {return 0}
        if {[regexp {Failed listening on port} $log]} {return 1}
        if {[catch {exec kill -0 $pid}]} {
            set errors ""
            catch {set errors [exec cat [file join [file dirname $stdout] stderr]]}
            error "the server exited before it was ready: [string range $log end-600 end] [string range $errors end-600 end]"
        }
        after 50
    }
    start_server_error $config_file "no sign of process $pid in its log $stdout"
    return 0
}
