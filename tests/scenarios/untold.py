"""Where a scenario was lived otherwise than a backtest of its tickets says, and why their history cannot tell that.

Whatever is not named here must be the same, to the second, or its ticket must say what was assumed. What is named and
is the same all the same fails, too: then its line is to be taken out.
"""

from __future__ import annotations

from collections.abc import Mapping

LATE: Mapping[str, tuple[str, ...]] = {
    "the desk or its keys were down, slow or refused calls": (
        "test_what_an_outage_held_back_passes_at_its_own_pace",
        "test_a_refusal_that_lasts_is_told_at_once_and_by_name",
        "test_a_ticket_that_cannot_be_read_from_its_first_sight_on_is_told_within_minutes",
        "test_where_notes_of_all_tickets_fail_while_reads_work_people_are_told_once_and_all_go_up_after",
        "test_a_note_that_never_arrived_is_written_again",
        "test_a_ticket_system_that_is_down_for_a_while_delays_and_loses_nothing",
        "test_an_outage_of_404s_deletes_no_ticket",
        "test_while_a_connection_comes_back_health_says_so_and_names_no_second_reason",
        "test_tickets_that_are_not_moved_in_time_are_told_with_how_late_they_are",
        "test_a_note_that_came_back_visible_is_told_once_for_the_connection_and_ends_with_a_replay",
        "test_tickets_that_are_answered_hostilely_wait_each_by_itself",
        "test_a_status_that_cannot_be_looked_up_holds_still_and_says_so",
        "test_a_call_limit_is_no_failure_and_urgency_is_kept",
        "test_a_call_limit_that_lasts_is_told_like_an_outage",
        "test_a_moments_outage_is_told_to_nobody",
        "test_a_run_of_tickets_that_are_not_found_is_an_outage_and_deletes_nothing",
        "test_a_ticket_that_is_not_found_for_a_moment_is_kept",
        "test_holding_still_for_an_hour_is_told_and_ended_by_any_worker",
        "test_keys_refused_for_three_days_park_nothing_and_the_most_overdue_go_up_first",
        "test_ringing_every_ticket_does_not_undo_the_pace",
        "test_tickets_that_cannot_be_read_while_lists_can_are_an_outage",
        "test_two_workers_tell_once_and_serve_everything_once",
        "test_what_is_due_while_the_system_is_down_goes_up_when_it_is_back",
        "test_what_was_opened_while_the_keys_were_refused_comes_up_at_the_same_pace",
        "test_a_missing_right_for_moves_is_told_once_within_twenty_seconds_and_on_the_ticket",
        "test_a_missing_right_for_notes_is_told_once",
        "test_a_parked_ticket_answers_is_told_of_once_and_goes_up_once_mended",
        "test_a_place_that_is_gone_is_no_missing_ticket",
        "test_a_refusal_that_two_tickets_leave_in_the_same_moment_is_over_within_minutes",
        "test_a_ticket_that_meets_another_refusal_leaves_the_first_one_and_a_failure_between_forgets_neither",
        "test_where_moves_and_notes_are_refused_both_are_told",
        "test_who_lets_notes_go_on_and_dies_before_saying_so_leaves_nobody_waiting",
        "test_a_move_inside_the_tier_between_note_and_reassignment_loses_no_escalation",
        "test_the_word_that_the_owner_stays_is_not_lost_with_one_failed_call",
    ),
    "a call over a socket has a third of a second, real time, which on a busy machine an honest answer takes, too": (
        "test_whatever_a_write_is_answered_it_is_done_once_and_on_this_ticket_alone",
    ),
    "the ticket was out of sight, or its webhook was lost": (
        "test_a_ticket_whose_home_does_not_resolve_any_more_is_not_taken_for_deleted",
        "test_three_days_out_of_sight_park_nothing",
        "test_tickets_of_a_place_that_the_account_has_lost_stay_are_told_once_and_go_on",
        "test_a_known_key_is_fetched_anew_for_what_does_not_fit_it_and_waits_for_no_forged_one",
        "test_a_ticket_whose_every_hint_was_lost_is_found_by_the_sweep_of_the_next_day",
    ),
    "no worker was there": (
        "test_workers_down_over_two_deadlines_escalate_once_with_the_true_times",
        "test_where_those_in_force_give_no_sign_of_life_the_living_go_on",
        "test_adopting_from_history_is_a_choice",
    ),
    "a policy that was mended or applied made it due at a moment that was over": (
        "test_a_holiday_that_was_wrong_and_is_mended_mends_every_ticket_at_once",
        "test_a_status_that_was_placed_wrongly_and_is_mended_mends_every_ticket_at_once",
        "test_once_it_is_applied_the_newest_policy_counts_for_running_stints",
    ),
    "people brought it back by hand, more often than it is moved at once": (
        "test_a_ticket_that_is_brought_back_by_hand_again_and_again_climbs_three_times_and_then_people_are_told",
    ),
}
"""What was kept waiting: it goes up later than the backtest says, which says when it was due, by the trail as well."""

UNTOLD: Mapping[str, tuple[str, ...]] = {
    "adopted tickets begin when it is their turn or when a home is new, which the connector alone knows": (
        "test_a_clock_begins_while_the_tickets_own_calendar_is_open",
        "test_a_command_on_a_ticket_that_waits_is_obeyed_at_once",
        "test_a_paused_ticket_takes_no_turn_and_begins_with_whoever_goes_on_with_it",
        "test_a_ticket_that_an_agent_touches_begins_then_and_a_client_touches_none",
        "test_none_waits_where_all_are_taken_up_at_once_and_those_that_waited_begin_when_that_is_said",
        "test_of_many_tickets_twelve_an_hour_leave_the_first_tier_critical_ones_first_then_the_oldest",
        "test_people_are_told_once_how_many_are_taken_up_and_how_fast",
        "test_what_is_resolved_meanwhile_leaves_its_turn_to_the_next",
        "test_what_was_adopted_by_a_version_that_knew_no_pace_keeps_its_clock",
        "test_recorded_tickets_and_notes_go_through_the_running_app",
        "test_a_home_added_by_the_policy_adopts_what_is_open_there_without_a_storm",
        "test_a_home_added_by_the_policy_adopts_also_what_is_touched_at_that_moment",
        "test_a_ticket_that_was_thought_gone_is_found_by_the_sweep_of_the_next_day",
        "test_a_command_that_was_given_before_the_ticket_was_met_is_heard_however_still_its_clock_stands",
        "test_what_a_sweep_finds_is_looked_at_one_after_the_other_and_what_is_known_not_at_all",
        "test_where_all_begin_at_once_they_are_looked_at_when_they_are_due",
    ),
    "an observed trial moves nothing, and what it left is adopted when it is enforced": (
        "test_switching_to_enforce_adopts_what_is_open",
        "test_a_tier_that_is_first_enforced_adopts_what_it_holds",
        "test_observe_to_enforce_and_back_and_forth_adopts_once_and_writes_once",
        "test_the_limits_of_a_later_trial_escalate_nobody_after_the_switch_back_to_enforce",
        "test_the_limits_of_a_trial_escalate_nobody_after_the_switch_to_enforce",
    ),
    "the brake holds it until somebody lets it go, the most overdue first": (
        "test_an_escalation_that_was_held_open_does_not_go_on_while_the_brake_is_held",
        "test_health_names_no_ticket",
        "test_critical_ones_pass_and_count",
        "test_nothing_goes_up_by_time_while_it_is_held_and_all_does_when_it_is_released",
        "test_no_more_than_so_many_an_hour_wait_for_nobody_and_the_count_is_that_of_an_hour",
        "test_of_many_that_a_mass_edit_makes_late_so_many_an_hour_go_up_until_they_are_released",
        "test_what_is_held_goes_up_by_what_was_due_first_and_in_its_working_hours",
        "test_what_was_mended_while_it_waited_is_not_escalated_and_the_trail_says_that_it_was_held_back",
        "test_who_holds_what_waits_at_the_brake_is_not_told_that_nothing_waits",
    ),
    "another policy was in force before: running stints keep its limits, a backtest is of one policy": (
        "test_after_a_change_of_policy_it_says_what_the_next_turn_will",
        "test_a_rolling_deploy_that_adds_a_home_neither_loses_nor_doubles",
        "test_an_old_workers_restart_puts_its_own_in_force_and_what_ends_with_it_goes_on",
        "test_a_running_stint_keeps_its_limit_and_a_new_one_has_the_new_limit",
        "test_a_home_that_was_mended_counts_for_a_ticket_whose_limit_is_an_earlier_one",
        "test_a_policy_edited_while_fifty_stints_run_judges_none_by_a_mixture",
    ),
    "it was due and could not be done: refused, not readable, nowhere to go, or its note came back visible": (
        "test_a_note_that_came_back_visible_is_an_alarm_and_nothing_goes_on",
        "test_a_tier_whose_home_does_not_resolve_gets_no_ticket_and_nothing_is_written",
        "test_a_ticket_that_alone_cannot_be_read_is_its_own_failure_and_holds_nobody_up",
        "test_the_newest_tickets_alone_that_cannot_be_read_stop_nobody_else",
        "test_a_home_that_does_not_resolve_is_told_at_once",
        "test_a_parked_ticket_is_given_what_is_commanded_there_once_and_without_an_alarm",
        "test_a_parked_ticket_that_is_resolved_leaves_the_dead_letters",
        "test_a_refusal_that_a_ticket_leaves_for_another_one_is_over",
        "test_on_every_system_a_refused_move_names_its_cause_without_the_ticket",
        "test_a_note_that_came_back_visible_is_never_written_a_second_time_unasked",
        "test_a_stop_of_the_notes_that_comes_while_an_older_one_is_lifted_is_kept",
        "test_a_tier_whose_home_is_around_the_lower_tiers_home_gets_nothing_and_says_why",
        "test_a_visible_note_stops_the_notes_of_every_worker_process",
        "test_a_poison_ticket_is_isolated_and_the_others_are_on_time",
        "test_a_ticket_that_cannot_be_read_is_told_and_one_that_is_gone_is_counted",
    ),
    "it waited behind a failure, and what people did meanwhile changed what it was": (
        "test_a_hostile_system_keeps_its_own_tickets_waiting_and_nobody_elses",
        "test_what_was_stopped_by_a_pause_at_the_last_moment_goes_up_when_the_pause_ends",
        "test_an_escalation_taken_up_again_after_it_was_given_up_is_finished_after_a_crash",
        "test_another_limit_that_ran_out_meanwhile_is_acted_on_after_an_escalation_was_given_up",
    ),
    "the worker died between note and move, or while it did not know whether it had moved": (
        "test_between_a_move_that_nobody_heard_of_and_its_retry",
        "test_between_a_note_whose_outcome_is_unknown_and_its_retry",
        "test_between_the_note_and_the_move",
        "test_between_the_note_and_the_move_while_the_client_copies_the_note",
    ),
    "an entry is read as it is now: nobody tells that it was edited or deleted": (
        "test_a_plan_of_the_last_tier_that_is_edited_in_later_is_none_of_the_next_ones",
        "test_a_plan_stays_made_when_its_line_is_edited_away",
        "test_a_plan_stays_made_when_its_note_is_deleted",
    ),
    "the connector's database is a copy, or one of before, that knew less than the desk": (
        "test_nothing_is_doubled_or_lost_after_a_copy_was_put_back",
        "test_a_dead_letter_is_still_there_and_can_be_replayed",
        "test_a_pause_still_holds_the_clock",
        "test_what_was_pending_goes_on_and_nothing_is_done_twice",
    ),
    "its escalations were forgotten, on demand or after years": (
        "test_not_a_byte_is_left_and_the_trail_still_proves",
        "test_a_closed_ticket_is_forgotten_in_time_and_the_trail_is_proven_from_its_checkpoint",
        "test_an_open_ticket_keeps_its_history_and_goes_on_by_it",
    ),
    "Request Tracker has not recorded the first move of all, and so says that it was there from the start": (
        "test_a_move_that_the_ticket_system_did_not_come_to_record_is_finished_and_the_next_clock_counts_from_it",
        "test_who_took_the_ticket_after_a_move_that_was_not_recorded_keeps_it",
    ),
    "live the move had no date, and what people did beside it counted for the tier that it might have been": (
        "test_a_plan_between_the_last_look_and_a_move_that_nothing_dates_counts_on_the_new_tier",
        "test_who_holds_a_ticket_after_a_move_that_nothing_dates_may_have_asked_for_the_next",
    ),
    "the test has time pass within a turn, or sets a status behind the history's back": (
        "test_a_person_who_takes_a_ticket_before_its_notes_are_read_keeps_it",
        "test_a_change_during_a_jump_of_the_clock_is_found_when_it_is_back_though_its_webhook_was_lost",
        "test_a_status_that_can_be_looked_up_later_is_looked_at_again",
    ),
}
"""What went up otherwise, or not at all, on some of its tickets."""

SOME = frozenset(
    {
        "test_a_plan_stays_made_when_its_line_is_edited_away",
        "test_a_hostile_system_keeps_its_own_tickets_waiting_and_nobody_elses",
        "test_whatever_a_write_is_answered_it_is_done_once_and_on_this_ticket_alone",
    }
)
"""Of those above the ones that have variants which are the same, or by chance are."""

UNREAD: Mapping[str, tuple[str, ...]] = {
    "what is commanded on a ticket's page is no note of the ticket, so no history of it tells": (
        "test_a_manager_overrides_as_by_a_note",
        "test_a_final_escalation_is_begun_once",
        "test_in_observe_mode_it_counts_and_nothing_is_written",
        "test_urgency_goes_up_at_once_under_the_name_of_who_sent_it",
        "test_what_still_lacks_documentation_waits_for_it_as_by_a_note",
    ),
    "it reads past tickets itself, and is left with a desk that has no calls for more": (
        "test_an_escalation_that_falls_due_while_past_tickets_are_read_is_on_time",
    ),
    "its desk, or the reading of it, is left failing": (
        "test_a_turn_that_crashes_is_parked_like_any_other_audited_and_told",
        "test_a_poll_that_fails_does_not_keep_a_connection_down",
        "test_what_is_adopted_from_a_list_is_looked_at_when_its_turn_comes",
        "test_many_open_tickets_few_of_them_at_work_are_met_with_few_calls",
        "test_a_change_of_policy_looks_at_those_whose_clock_runs_and_at_no_other",
    ),
    "as many tickets as the desk has calls for: reading them back takes hours": (
        "test_a_bulk_edit_of_many_keeps_neither_a_deadline_nor_a_command_waiting",
        "test_a_policy_edit_keeps_neither_a_deadline_nor_a_command_waiting",
        "test_a_client_who_writes_twice_a_second_takes_a_share_and_no_more",
    ),
}
"""What is not compared at all."""


def names(table: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    """The scenarios of a table."""
    return frozenset(name for of_one_kind in table.values() for name in of_one_kind)
