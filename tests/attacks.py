"""Every attack that a hostile sender, client or ticket system was known to have, and the tests that try it for good.

``python -m tests.attacks_page`` makes ``docs/attacks.md`` of it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attack:
    """What is done, and the tests that do it.

    ``open_at``: the last commit on which it succeeds, "" where none is known; ``seen``: what was seen when it was tried
    there, "" where nobody has tried it.
    """

    what: str
    tests: tuple[str, ...]
    open_at: str = ""
    seen: str = ""


_INTAKE = "tests/connector/reading/test_intake.py::"
_TAKEN_AWAY = "tests/connector/reading/test_intake_attacks.py::"
_ON_EACH_DESK = "tests/contract/test_intake.py::"
_SIDE = "tests/connector/app/test_side_door.py::"
_NOTIFIER = "tests/connector/worker/test_notifier.py::"
_DOORS = "tests/crash/test_doors.py::"
_WEB = "tests/connector/web/test_webhooks.py::"
_NOTE = "tests/connector/notes/test_whose_words.py::"
_CANARIES = "tests/scenarios/test_canaries.py::"
_PROCESSES = "tests/crash/test_canaries_of_processes.py::"
_COMMANDS = "tests/connector/cli/test_main.py::"
_TRAIL = "tests/connector/store/test_trail_attacks.py::"
_LOGIN = "tests/connector/web/login/"
_OIDC = f"{_LOGIN}oidc/test_oidc_attacks.py::"
_PEOPLE = f"{_LOGIN}oidc/test_people.py::"
_API = "tests/connector/web/api/"
_SLOWING = f"{_LOGIN}test_slowing.py::"
_RT_MAIL = "tests/e2e/rt/test_mail.py::"
_RT = "tests/adapters/request_tracker/"
_CW_WEBHOOK = "tests/adapters/connectwise/test_webhook.py::"
_ANSWERS = "tests/adapters/test_hostile_answers.py::"
_HOSTILE = "tests/scenarios/test_hostile_system.py::"
_MEMORY = (
    "tests/crash/test_hostile_memory.py::test_a_worker_beside_a_hostile_system_stays_small_and_serves_the_other_one"
)
_FLOOD = (
    "tests/scenarios/test_hostile_client.py::"
    "test_a_client_who_floods_a_ticket_with_tricks_delays_nobody_and_orders_nothing"
)
_READING = f"{_ANSWERS}test_whatever_call_of_a_reading_is_answered_hostilely_it_is_refused_or_does_not_matter"
_WRITING = f"{_ANSWERS}test_whatever_call_of_a_write_is_answered_hostilely_it_is_proven_or_unknown_and_done_once"
_PATTERNS = "tests/hard_texts/test_patterns.py::test_a_pattern_takes_steps_in_proportion_to_the_text"
_READERS = "tests/hard_texts/test_readers.py::test_a_reader_makes_calls_in_proportion_to_the_text"
_NO_REQUEST = f"{_DOORS}test_what_is_no_request_is_refused_and_nothing_of_it_is_said_back"
_NO_TEXT = f"{_DOORS}test_a_delivery_that_no_database_takes_is_400_and_half_a_character_elsewhere_is_taken"

ATTACKS: dict[str, tuple[Attack, ...]] = {
    "A stranger, a client, a ticket system": (
        Attack(
            "One HTML mail of 40 KB keeps a worker busy for most of a minute, is read anew after a restart, and so on.",
            (
                "tests/connector/reading/test_html.py::test_four_times_the_page_takes_four_times_the_calls",
                _READERS,
                _FLOOD,
            ),
            "64f06eb",
            "26 s",
        ),
        Attack(
            "200 KB of nested quotes take the memory of the whole process.",
            (
                "tests/connector/reading/test_html.py::test_hard_texts_are_read_at_once_and_become_no_longer",
                f"{_INTAKE}test_one_mark_stands_for_quotes_however_deep",
                _READERS,
            ),
            "64f06eb",
            "248 MB of text from 200 KB",
        ),
        Attack(
            "A mail that is larger than an answer may be keeps its ticket from being read: it never escalates.",
            (
                f"{_ON_EACH_DESK}test_a_mail_larger_than_any_answer_keeps_nobody_from_reading_the_ticket",
                f"{_ON_EACH_DESK}test_a_history_that_was_read_in_part_still_tells_where_the_ticket_was",
                f"{_RT}test_large_mails.py::test_headers_larger_than_an_answer_keep_nobody_from_reading_the_ticket",
            ),
            "4e14790",
            "the ticket cannot be read, on each system",
        ),
        Attack(
            "Half an emoji or a NUL, which no database takes, makes every turn of its ticket fail.",
            (
                "tests/connector/store/test_storable.py::test_every_text_is_stored_whatever_is_in_it",
                "tests/adapters/test_storable.py::test_half_a_character_and_nul_are_replaced",
            ),
            "86f2265",
            "UnicodeEncodeError in the store",
        ),
        Attack(
            "A mail to Request Tracker with a technician's address in its From escalates, overrides and plans.",
            (
                f"{_RT_MAIL}test_a_mail_says_who_it_is_from_and_orders_nothing",
                f"{_RT}test_reading.py::test_a_mail_says_who_it_is_from_and_proves_nothing",
                "tests/connector/rules/test_evidence.py::test_a_mail_records_no_plan_whoever_it_says_that_it_is_from",
            ),
            "38dfa44",
            "a real mail gate makes an agent's internal note of it, which escalates",
        ),
        Attack(
            "Mail on one ticket, again and again, uses up the calls that a HaloPSA allows; other tickets starve.",
            (
                "tests/scenarios/test_lanes.py::test_a_client_who_writes_twice_a_second_takes_a_share_and_no_more",
                "tests/connector/store/test_lanes.py::"
                "test_a_ticket_on_which_mail_keeps_coming_is_looked_at_now_and_then",
            ),
            "86f2265",
            "a mail every 2 s: nothing due or asked for goes up for a quarter of an hour",
        ),
        Attack(
            "In a flood of two mails a second, or behind its end, an urgent escalation waits longer than a minute.",
            (
                "tests/connector/store/test_lanes.py::"
                "test_a_ticket_that_was_looked_at_lately_gives_way_where_calls_are_few",
                _FLOOD,
            ),
            "5fb285b",
            "the flooded ticket is claimed before two others that wait",
        ),
        Attack(
            "A Halo ticket that is larger than an answer may be has every look try several sizes in vain.",
            (
                "tests/adapters/halopsa/test_large_tickets.py::test_what_fitted_the_last_time_is_asked_for_at_once",
                f"{_INTAKE}test_a_text_is_read_once_and_forgotten_when_others_need_the_room",
            ),
            "677c946",
            "6 calls at each look instead of 2",
        ),
        Attack(
            "A client's words pass in the escalation note for a technician's, a section of it, or its end.",
            (
                f"{_NOTE}test_a_clients_words_are_marked_also_where_the_client_has_a_technicians_name",
                "tests/connector/test_injection.py::test_no_text_breaks_the_escalation_note",
                "tests/scenarios/test_injection.py::"
                "test_hostile_texts_go_through_the_whole_app_and_only_the_clock_acts",
            ),
            "1080f0f",
            "nothing in the note tells a client's error codes from a technician's of that name",
        ),
        Attack(
            "A ticket system that answers for another ticket has that one escalated.",
            (
                _READING,
                _WRITING,
                f"{_HOSTILE}test_a_hostile_system_keeps_its_own_tickets_waiting_and_nobody_elses",
                f"{_HOSTILE}test_whatever_a_write_is_answered_it_is_done_once_and_on_this_ticket_alone",
            ),
            "bb6fb87",
            "what another ticket holds is believed, on ConnectWise and Request Tracker, and nobody is told",
        ),
    ),
    "Text from outside": (
        Attack(
            "A mail of a megabyte is read whole, again at each look.",
            (
                f"{_ON_EACH_DESK}test_of_a_long_mail_the_beginning_is_read_and_the_rest_is_counted",
                f"{_INTAKE}test_of_a_long_text_the_beginning_is_kept_and_the_rest_is_counted",
                "tests/connector/notes/test_unread.py::test_the_note_says_under_the_issue_what_it_does_not_know",
            ),
            "4e14790",
            "200 KB of 200 KB are read",
        ),
        Attack(
            "Tens of thousands of mails on a ticket are all held in memory.",
            (
                f"{_ON_EACH_DESK}test_of_too_many_mails_the_newest_are_read_and_all_that_agents_wrote",
                f"{_INTAKE}test_while_entries_come_never_more_than_twice_the_bound_is_held",
            ),
            "4e14790",
            "no bound: each is read",
        ),
        Attack(
            "Control characters in a mail steer the terminal of whoever reads what became of it.",
            (
                f"{_ON_EACH_DESK}test_no_character_turns_the_words_around_or_steers_a_terminal",
                f"{_INTAKE}test_what_steers_a_terminal_or_turns_the_text_around_is_gone",
            ),
            "4e14790",
            "`ESC [ 2 J` is read as it came",
        ),
        Attack(
            "`<![x]>` in a mail raises in the parser.",
            (
                "tests/connector/reading/test_html.py::test_no_markup_breaks_the_reading",
                "tests/fuzz/test_targets.py::test_no_target_is_broken_by_what_is_kept",
            ),
            "64f06eb",
            "AssertionError",
        ),
        Attack(
            "A page that breaks the reader of pages makes its ticket unreadable.",
            (
                f"{_INTAKE}test_what_cannot_be_read_as_a_page_is_read_as_text_and_said",
                "tests/fuzz/test_targets.py::test_no_target_is_broken_by_a_hundredth_of_its_inputs",
            ),
            "4e14790",
            "with a reader that raises the ticket cannot be read",
        ),
        Attack(
            "Blanks behind a time of day take the reader of time zones time that grows with their square.",
            (_PATTERNS, _READERS),
            "725c8e2",
            "15 s for 10 KB, in that reader alone",
        ),
        Attack(
            "40 KB of `a-` in a log line take the masking of logs most of two minutes.",
            (_PATTERNS, "tests/connector/test_redaction.py::test_work_grows_with_the_text_and_no_faster"),
            "57bf7e6",
            "59 s",
        ),
        Attack(
            "A Link header of 20 KB takes a reader of lists seconds.",
            (
                _PATTERNS,
                "tests/adapters/connectwise/test_client.py::"
                "test_a_full_page_with_an_unreadable_link_leads_on_by_the_last_id",
            ),
            "57bf7e6",
            "1.4 s",
        ),
        Attack(
            "A text that crashes a turn stands in the log's traceback.",
            (
                "tests/connector/test_logs.py::test_a_traceback_does_not_quote_what_a_client_wrote",
                f"{_WEB}test_nothing_of_the_body_gets_into_log_or_answer",
            ),
            "57bf7e6",
            "the client's words in the traceback",
        ),
        Attack(
            "A value of any length is masked and logged whole.",
            (
                "tests/connector/test_logs.py::test_a_long_value_is_clipped_then_masked",
                "tests/connector/test_logs.py::test_of_a_secret_that_is_cut_through_nothing_is_left",
            ),
            "57bf7e6",
            "a line of 100,000 characters",
        ),
        Attack(
            "A picture within a quote is taken away so that what stands around it ends the quote: a client commands.",
            (
                f"{_TAKEN_AWAY}test_what_is_taken_away_makes_no_tag",
                f"{_TAKEN_AWAY}test_a_picture_takes_no_fence_and_no_head_away",
            ),
            "a83eec5",
            "the quoted command is heard",
        ),
        Attack(
            "A page is so long that it is cut within code or a comment, and what stood there becomes the author's.",
            (
                f"{_TAKEN_AWAY}test_code_that_is_cut_stays_code",
                f"{_TAKEN_AWAY}test_what_no_page_shows_stays_hidden_where_it_is_cut",
                f"{_TAKEN_AWAY}test_markup_in_plain_words_that_is_cut_is_no_word_of_the_author",
            ),
            "a83eec5",
            "the command within code is heard",
        ),
        Attack(
            "A line end that no program marks anew (U+2028, …) begins a line of the agent's own within what is quoted.",
            (f"{_ON_EACH_DESK}test_an_odd_line_end_lets_nobodys_words_out_of_a_quote",),
            "a83eec5",
            "the quoted command is heard, on ConnectWise and Request Tracker",
        ),
        Attack(
            "A mail of very many parts costs Request Tracker as many calls, and all its parts are held.",
            (f"{_RT}test_large_mails.py::test_of_very_many_parts_the_first_are_read_in_few_calls",),
            "a83eec5",
            "63 calls for 6,000 parts",
        ),
    ),
    "Who said it": (
        Attack(
            "A technician's plan above a note of the connector's that he pasted vanishes.",
            (
                "tests/connector/notes/test_marker.py::test_a_technicians_plan_above_our_note_that_he_pasted_stays_his",
                "tests/scenarios/test_other_account.py::"
                "test_what_a_technician_pasted_below_a_plan_is_that_persons_and_the_plan_counts",
            ),
            "2440a5d",
            "no plan: the ticket goes up, on each system",
        ),
        Attack(
            "A client's copy of a half-done escalation's note, while the API account changes, passes for ours.",
            (
                "tests/scenarios/test_other_account.py::"
                "test_between_the_note_and_the_move_while_the_client_copies_the_note",
                "tests/connector/notes/test_marker.py::"
                "test_who_wrote_the_first_note_with_our_marker_is_us_and_nobody_who_copied_it_later",
            ),
        ),
        Attack(
            "A mail to Request Tracker with the connector's own address in its From passes for a note of ours.",
            (
                f"{_RT_MAIL}test_a_mail_from_the_connectors_own_address_is_none_of_its_notes",
                f"{_RT}test_reading.py::test_a_mail_from_our_own_address_is_not_ours",
                "tests/connector/notes/test_marker.py::test_a_mail_is_not_ours_though_it_says_to_be_from_our_account",
            ),
            "2440a5d",
            "the mail is a note of ours",
        ),
        Attack(
            "A mail to Request Tracker with a technician's address in its From touches a ticket nobody looked at.",
            (
                f"{_RT_MAIL}test_a_mail_touches_no_ticket_though_request_tracker_opens_it",
                "tests/connector/rules/test_evidence.py::test_a_mail_touches_nothing_whoever_it_says_to_be_from",
            ),
            "a9545d4",
            "the mail is the first touch, through a real mail gate",
        ),
        Attack(
            "A mail that is nothing but another mail, or says that it was typed in a page, passes for a note.",
            (
                f"{_RT_MAIL}test_a_mail_cannot_pass_for_a_note_that_was_typed_in_a_page",
                f"{_RT}test_reading.py::test_what_cannot_be_shown_to_be_no_mail_proves_nothing",
            ),
            "a9545d4",
            "the other mail is a technician's note, through a real mail gate",
        ),
        Attack(
            "A closing quote in a summary ends ours, and the client's words go on as the note's.",
            (f"{_NOTE}test_a_closing_quote_in_what_the_client_wrote_ends_none_of_ours",),
            "1080f0f",
            "three closing quotes in one sentence of the note",
        ),
        Attack(
            "400 error codes in a client's mail push those that technicians found out of the note.",
            (
                f"{_NOTE}test_what_technicians_found_comes_first_where_room_is_short_and_is_kept",
                f"{_NOTE}test_what_the_client_said_before_a_technician_found_it_is_kept_where_room_is_short",
            ),
            "1080f0f",
            "none of the four codes that technicians found is left",
        ),
        Attack(
            "A client who is called `Sr IT Manager` is told of as one.",
            (
                f"{_NOTE}test_a_client_who_is_called_like_a_role_is_told_as_the_client",
                f"{_NOTE}test_what_could_pass_for_more_than_a_name_stands_in_quotes",
            ),
            "1080f0f",
            "the note says: word to Sr IT Manager",
        ),
    ),
    "The doors": (
        Attack(
            "64 connections that stop in the middle of a head or a body take every thread for good.",
            (
                f"{_DOORS}test_sixty_four_who_never_finish_keep_nobody_from_being_heard",
                f"{_DOORS}test_a_request_that_does_not_come_to_its_end_is_ended",
            ),
            "6677fba",
            "`/health` answers nothing for 30 s",
        ),
        Attack(
            "One address holds as many unfinished requests as it likes.",
            (
                f"{_DOORS}test_of_one_sender_so_many_slow_requests_stay_and_no_more",
                f"{_DOORS}test_more_connections_than_there_are_places_make_room_for_whoever_comes",
                "tests/connector/app/test_places.py::test_a_trusted_proxy_has_no_bound",
                "tests/connector/systems/test_addresses.py::"
                "test_only_what_a_trusted_proxy_says_of_the_sender_is_believed",
            ),
            "6677fba",
            "64 of one address, for 30 s",
        ),
        Attack(
            "While every thread waits, `/health` waits as well, and a platform kills what is well.",
            (f"{_DOORS}test_health_answers_while_every_thread_waits_for_the_database",),
            "6677fba",
            "5.5 s",
        ),
        Attack(
            "A chunk size or a trailer that is none is answered 500, with a traceback in the log.",
            (
                _NO_REQUEST,
                "tests/connector/app/test_framing.py::test_a_chunk_size_that_is_none_or_too_large_ends_it",
                f"{_DOORS}test_nothing_went_wrong_meanwhile",
            ),
            "6677fba",
            "500, with a traceback",
        ),
        Attack(
            "Half a character or NUL in a header or a path is answered 500, or as if nothing was.",
            (
                _NO_REQUEST,
                "tests/connector/web/test_app.py::test_a_path_that_is_no_text_is_refused",
                "tests/connector/web/test_app.py::test_a_header_that_is_no_text_is_refused",
            ),
            "567884e",
            "200, 404 and 405",
        ),
        Attack(
            "Half a character or NUL in the name of a delivery or a ticket is answered 202, or 500.",
            (
                _NO_TEXT,
                f"{_CW_WEBHOOK}test_a_delivery_named_by_what_no_database_takes_is_refused",
                "tests/adapters/halopsa/test_webhook.py::"
                "test_a_ticket_or_a_delivery_named_by_what_no_database_takes_is_refused",
                f"{_RT}test_webhook.py::test_a_delivery_named_by_what_no_database_takes_is_refused",
            ),
            "567884e",
            "202 for another name",
        ),
        Attack(
            "Half a character elsewhere in a signed body keeps the webhook from being heard.",
            (
                _NO_TEXT,
                f"{_CW_WEBHOOK}test_half_a_character_elsewhere_in_a_body_is_no_reason_to_refuse_it",
                f"{_RT}test_webhook.py::test_half_a_character_elsewhere_in_a_body_is_no_reason_to_refuse_it",
            ),
        ),
        Attack(
            "A header `SCRIPT_NAME` moves the paths.",
            (f"{_DOORS}test_a_header_moves_nothing",),
            "6677fba",
            "`/x/health/live` answers 200, `/health/live` 500",
        ),
        Attack(
            "Webhooks that name unknown keys, 200 KB each, fill the database.",
            (
                f"{_DOORS}test_a_flood_that_names_unknown_keys_is_bounded_and_keeps_no_signed_webhook_out",
                f"{_WEB}test_a_flood_of_large_webhooks_with_unknown_keys_is_bounded_between_two_looks_too",
            ),
            "567884e",
            "400 of 400 taken, 76 MB of rows",
        ),
        Attack(
            "A hundred bodies that wait for a key are read into memory at once.",
            (
                "tests/connector/store/test_mailbox.py::"
                "test_few_of_the_bodies_that_wait_for_a_signing_key_are_read_at_once",
            ),
            "567884e",
            "100 at once",
        ),
        Attack(
            "A webhook has a worker fetch any path of the ticket system with our credentials.",
            (f"{_CW_WEBHOOK}test_only_the_sites_own_path_of_keys_with_one_guid_is_asked",),
            "567884e",
            "three other paths would be fetched",
        ),
        Attack(
            "Each webhook that names a forged key costs a look into the database, before those that name a known one.",
            (
                "tests/connector/web/test_app.py::test_a_known_key_waits_for_no_look_up_of_forged_ones",
                "tests/connector/web/test_app.py::test_however_many_unknown_keys_are_named_they_cost_one_look_a_second",
                "tests/scenarios/test_meanwhile.py::"
                "test_a_known_key_is_fetched_anew_for_what_does_not_fit_it_and_waits_for_no_forged_one",
            ),
            "567884e",
            "200 looks for 200 webhooks",
        ),
        Attack(
            "Forged webhooks that name a known key add a row each once it is an hour old.",
            (f"{_WEB}test_a_webhook_that_does_not_fit_an_old_key_adds_nothing_and_has_the_key_fetched_anew_once",),
            "567884e",
            "20 rows for 20 webhooks",
        ),
        Attack(
            "Keys, and what waited for them, stay in the database for ever.",
            (
                "tests/connector/store/test_connections.py::test_of_very_many_signing_keys_those_fetched_last_are_kept",
                "tests/connector/store/test_mailbox.py::"
                "test_of_what_waited_for_a_signing_key_nothing_stays_once_it_is_done",
            ),
            "567884e",
            "500 of 500 keys and 150 of 150 rows stay",
        ),
        Attack(
            "The door says back what was sent to it.",
            (f"{_CW_WEBHOOK}test_a_key_address_that_is_refused_is_not_said_back", _NO_REQUEST),
            "567884e",
            "the host that was sent",
        ),
    ),
    "The console's login": (
        Attack(
            "Passwords are guessed, one after the other or many at once, by one process or by several.",
            (
                f"{_SLOWING}test_two_hundred_wrong_passwords_are_slowed_and_told",
                f"{_SLOWING}test_all_processes_count_together",
                f"{_SLOWING}test_an_address_is_slowed_whatever_names_it_tries_and_so_are_its_neighbours_of_one_host",
                f"{_SLOWING}test_a_user_is_slowed_wherever_the_tries_come_from",
                "tests/connector/store/logins/test_logins.py::"
                "test_of_many_tries_at_once_the_free_ones_are_admitted_and_no_more",
            ),
        ),
        Attack(
            "Who has an account of their own guesses another's, and begins the count anew by logging in between.",
            (f"{_SLOWING}test_a_right_password_gives_an_address_its_own_try_back_and_no_more",),
        ),
        Attack(
            "Strangers try a name until whoever it belongs to cannot log in any more.",
            (
                f"{_SLOWING}test_nobody_who_has_logged_in_here_before_is_locked_out_by_strangers",
                f"{_SLOWING}test_a_browser_that_is_known_is_slowed_by_itself_and_known_for_its_own_user_alone",
            ),
        ),
        Attack(
            "Words, or the time that they take, tell which names have an account.",
            (
                f"{_LOGIN}test_login.py::test_whatever_is_wrong_is_told_in_the_same_words",
                f"{_LOGIN}test_login.py::test_a_wrong_name_takes_what_a_right_one_takes",
                f"{_LOGIN}test_login.py::test_the_hash_that_nobody_has_is_looked_at_as_any_other",
                f"{_SLOWING}test_a_name_in_any_form_is_the_same_and_one_that_nobody_has_is_slowed_alike",
            ),
        ),
        Attack(
            "Log-ins at once, or a password without end, take the memory and the cores of the process.",
            (
                f"{_LOGIN}test_login.py::test_one_password_is_looked_at_at_a_time_some_wait_and_no_more",
                f"{_LOGIN}test_login.py::test_too_many_at_once_are_told_to_come_again_and_not_counted",
                f"{_LOGIN}test_login.py::test_whatever_is_wrong_is_told_in_the_same_words",
                f"{_LOGIN}test_login.py::test_a_form_that_is_too_large_is_not_read",
            ),
        ),
        Attack(
            "A link to the login takes whoever follows it to another site afterwards.",
            (f"{_LOGIN}test_login.py::test_nobody_is_taken_elsewhere",),
        ),
        Attack(
            "Another site's page has a browser send a form: to do something, to log in, to log out.",
            (
                f"{_LOGIN}test_forms.py::test_a_form_of_another_site_does_nothing_though_it_knew_the_token",
                f"{_LOGIN}test_forms.py::test_without_the_sessions_own_token_nothing_is_done",
                f"{_LOGIN}test_forms.py::test_nobody_is_logged_in_by_another_sites_form",
                f"{_LOGIN}test_forms.py::test_without_a_login_a_form_of_another_site_does_nothing",
                f"{_LOGIN}test_login.py::test_nobody_is_logged_out_by_a_link_or_without_being_logged_in",
            ),
        ),
        Attack(
            "A name of somebody else's is made to lead here, and their page reads what the console answers.",
            (f"{_LOGIN}test_forms.py::test_by_a_name_that_is_not_ours_nothing_is_answered",),
        ),
        Attack(
            "A session is made up, written with a leaked key, changed, or planted before somebody logs in.",
            (
                f"{_LOGIN}test_sessions.py::test_what_we_have_not_written_so_is_no_session",
                f"{_LOGIN}test_sessions.py::test_one_who_knows_the_key_alone_makes_no_session",
                f"{_LOGIN}test_sessions.py::test_no_letter_of_a_cookie_can_be_another",
                f"{_LOGIN}test_sessions.py::test_each_log_in_is_a_session_of_its_own_whatever_was_there_before",
                f"{_LOGIN}test_sessions.py::test_without_https_a_cookie_is_for_this_site_and_no_script",
                f"{_LOGIN}test_sessions.py::test_where_people_come_by_https_every_cookie_is_for_https_alone",
            ),
        ),
        Attack(
            "A copied cookie, or one of a person who has left or may less now, still opens the console.",
            (
                f"{_LOGIN}test_login.py::test_who_logs_out_is_out_also_with_a_copy_of_the_cookie",
                f"{_LOGIN}test_login.py::test_who_logs_out_everywhere_is_out_in_every_browser_at_every_process",
                f"{_LOGIN}test_sessions.py::test_an_account_that_is_another_ends_its_sessions_and_no_others",
                f"{_LOGIN}test_sessions.py::test_who_does_nothing_for_half_an_hour_is_out",
                f"{_LOGIN}test_sessions.py::test_after_twelve_hours_everybody_is_out_whatever_they_do",
            ),
        ),
        Attack(
            "A password stands in the log, in the database or in a refused variable, typed into the wrong field.",
            (
                f"{_LOGIN}test_login.py::test_what_was_typed_stands_in_no_log_and_a_name_only_where_it_is_an_accounts",
                f"{_SLOWING}test_what_is_kept_of_tries_names_nobody_and_no_address",
                "tests/connector/config/test_console_variables.py::test_a_password_in_any_place_is_not_told",
                "tests/connector/config/test_console_variables.py::test_a_hash_is_masked_wherever_it_comes_back",
            ),
        ),
        Attack(
            "A hash that is weak, or takes gigabytes to look at, gets into the configuration.",
            (
                "tests/connector/config/test_console_variables.py::test_a_wrong_account_is_told_with_its_place_and_what_to_do",
            ),
        ),
    ),
    "The identity provider": (
        Attack(
            "A log-in that somebody else began is ended in a victim's browser, or a victim's in somebody else's.",
            (
                f"{_OIDC}test_another_state_lets_nobody_in_and_the_right_one_still_does",
                f"{_OIDC}test_a_code_of_another_browser_logs_nobody_in_as_somebody_else",
                f"{_OIDC}test_a_cookie_of_another_key_or_purpose_is_none",
                f"{_OIDC}test_over_https_the_browser_itself_holds_that_nobody_else_set_the_cookie",
            ),
        ),
        Attack(
            "The address that somebody came back to is used again, with a copy of the cookie.",
            (
                f"{_OIDC}test_a_way_back_counts_once_also_with_a_copy_of_the_cookie",
                "tests/connector/store/logins/test_logins.py::test_of_many_who_spend_the_same_one_does",
            ),
        ),
        Attack(
            "A token is made up: not signed, by our secret or the public key as one, or by a key it brings along.",
            (f"{_OIDC}test_what_the_provider_did_not_sign_proves_nobody",),
        ),
        Attack(
            "A token is used that is another client's, another log-in's or another issuer's, or too old.",
            (
                f"{_OIDC}test_what_was_signed_for_somebody_or_something_else_proves_nobody",
                f"{_OIDC}test_what_is_too_old_or_of_a_time_to_come_proves_nobody_but_clocks_may_differ_a_little",
            ),
        ),
        Attack(
            "Another provider's answer is passed off as this one's, or its document as that of the configured one.",
            (
                f"{_OIDC}test_an_answer_that_names_another_provider_is_refused",
                f"{_OIDC}test_a_provider_that_says_its_name_is_not_believed_without",
                f"{_OIDC}test_a_document_that_leads_elsewhere_is_refused",
                f"{_OIDC}test_only_where_the_issuer_is_this_machine_may_it_name_addresses_of_this_machine",
            ),
        ),
        Attack(
            "By the provider somebody is taken to another site, or the code is, by `next`, the Host or a parameter.",
            (
                f"{_OIDC}test_nobody_is_taken_elsewhere_by_way_of_the_provider",
                f"{_OIDC}test_no_name_that_we_are_asked_by_gets_into_the_address_that_people_come_back_to",
            ),
        ),
        Attack(
            "Who chose an e-mail address, a user name or a display name gets the role or the name of somebody else.",
            (
                f"{_PEOPLE}test_nobody_is_let_in_without_a_group_that_counts",
                f"{_PEOPLE}test_a_manager_is_known_by_a_whole_name_and_by_no_part_of_one",
                f"{_PEOPLE}test_google_is_believed_of_its_own_addresses_and_its_customers_and_of_no_others",
                f"{_PEOPLE}test_a_name_is_one_harmless_line_and_no_accounts_of_our_own",
            ),
        ),
        Attack(
            "A provider that is slow, or answers without end, takes the threads and the memory of a web process.",
            (
                f"{_OIDC}test_a_provider_that_answers_anything_else_is_away",
                f"{_OIDC}test_nobody_waits_long_for_a_provider_that_is_slow_and_few_wait_at_all",
                f"{_OIDC}test_keys_that_are_no_list_or_too_many_are_none",
            ),
        ),
        Attack(
            "Codes and unknown keys are tried until the provider refuses us, or what it says stands in our log.",
            (
                f"{_OIDC}test_whoever_tries_codes_is_slowed_by_address_and_the_provider_is_spared",
                f"{_LOGIN}oidc/test_oidc_login.py::"
                "test_new_keys_of_the_provider_are_found_at_once_and_it_is_not_asked_for_each_unknown_one",
                f"{_LOGIN}oidc/test_oidc_login.py::"
                "test_the_log_tells_of_log_ins_by_name_and_of_refusals_by_our_own_words_alone",
            ),
        ),
    ),
    "The API": (
        Attack(
            "Tokens are guessed, or made of pieces of one that was seen.",
            (
                f"{_API}test_access.py::test_two_hundred_wrong_tokens_are_slowed_and_told_and_the_right_one_still_comes_in",
                f"{_API}test_access.py::test_of_a_right_token_no_sign_may_be_another",
                f"{_API}test_access.py::test_what_is_no_token_is_not_let_in_whatever_it_is",
            ),
        ),
        Attack(
            "Words tell which tokens there are, or strangers try a program's address until it is locked out.",
            (
                f"{_API}test_access.py::test_wrong_tokens_of_the_same_id_and_of_none_are_told_in_the_same_words",
                f"{_API}test_access.py::test_two_hundred_wrong_tokens_are_slowed_and_told_and_the_right_one_still_comes_in",
                f"{_API}test_access.py::test_a_flood_of_wrong_tokens_that_wait_writes_nothing",
                f"{_API}test_access.py::test_a_program_with_a_wrong_token_keeps_nobody_from_logging_in",
            ),
        ),
        Attack(
            "A token that leaked stands in the database, in the log or in an answer, or goes on after it was revoked.",
            (
                f"{_API}test_access.py::test_no_token_is_in_the_database_in_a_log_or_in_an_answer",
                f"{_API}test_access.py::test_one_that_expired_says_so_and_one_that_was_revoked_is_none_any_more",
                "tests/connector/cli/test_tokens.py::test_it_is_printed_once_alone_and_a_digest_of_it_is_kept",
            ),
        ),
        Attack(
            "A token does what its scope does not say, or has more because somebody is logged in.",
            (
                f"{_API}test_access.py::test_another_scope_does_not_open_it_and_the_refusal_names_the_one_that_would",
                f"{_API}test_access.py::test_a_token_decides_alone_whoever_is_logged_in",
                f"{_API}test_access.py::test_an_unknown_scope_of_a_later_version_lets_nobody_do_anything",
            ),
        ),
        Attack(
            "Another site's page has a browser hold the brake, or have a dead letter tried again.",
            (
                f"{_API}test_desk.py::test_a_session_changes_something_with_its_own_token_alone_and_where_its_role_may",
                f"{_API}test_desk.py::test_without_a_login_another_sites_page_changes_nothing_here_and_a_token_does",
            ),
        ),
        Attack(
            "Somebody changes something, and nobody can tell who.",
            (
                f"{_API}test_desk.py::test_the_brake_is_held_and_released_and_the_trail_tells_who_did_it",
                f"{_API}test_desk.py::test_one_is_tried_again_once_and_the_trail_tells_who_had_it",
                "tests/connector/store/logins/test_tokens.py::test_the_trail_tells_who_made_and_revoked_it_and_not_its_digest",
            ),
        ),
        Attack(
            "Many ask for what is dear at once: reports, the whole trail.",
            (
                f"{_API}test_desk.py::test_it_is_made_once_in_a_minute_however_many_ask",
                f"{_API}test_desk.py::test_one_is_made_at_a_time_and_others_are_told_to_come_again",
                f"{_API}test_desk.py::test_a_report_is_over_no_longer_time_than_it_says",
            ),
        ),
        Attack(
            "Without a login the API is asked from elsewhere, through a proxy, or by a name that is made to lead here.",
            (
                f"{_API}test_access.py::test_without_a_login_it_is_for_this_machine_only_with_a_token_or_without",
                f"{_API}test_access.py::test_by_a_name_that_is_not_ours_a_session_opens_nothing",
            ),
        ),
        Attack(
            "A parameter or a cursor is made up, enormous or of another list.",
            (
                f"{_API}test_tickets.py::test_a_wrong_parameter_is_named_with_what_is_expected_and_not_said_back",
                f"{_API}test_trail.py::test_a_wrong_parameter_is_named",
                f"{_API}test_trail.py::test_a_cursor_that_was_made_up_is_refused",
            ),
        ),
        Attack(
            "What a client writes breaks out of the JSON, or turns its reader around.",
            (
                f"{_API}test_tickets.py::test_what_tickets_say_comes_through_unharmed_and_turns_no_reader_around",
                f"{_API}test_trail.py::test_what_people_wrote_comes_through_unharmed",
            ),
        ),
        Attack(
            "Whoever asks for a ticket that nobody watches has it read from its system all the same.",
            (
                f"{_API}test_tickets.py::test_a_name_with_a_slash_in_it_is_found_and_one_that_is_not_known_is_not_asked_for",
            ),
        ),
    ),
    "Secrets": (
        Attack(
            "Everybody on the host reads the database, its log and what else a command writes.",
            ("tests/connector/cli/test_start_up.py::test_what_a_command_writes_is_for_the_owner_alone",),
            "df6bb67",
            "a database of mode 644",
        ),
        Attack(
            "The token of a webhook's address stands in the database while the webhook waits for its key.",
            (
                f"{_WEB}test_with_an_unknown_key_the_webhook_waits_unverified_without_what_it_proved_itself_with",
                f"{_CANARIES}test_no_row_no_log_and_no_answer_holds_any",
            ),
            "df6bb67",
            "the token in the bytes of the database",
        ),
        Attack(
            "A ticket system repeats what it was sent, as it came, decoded or encoded, and a command says it.",
            (
                f"{_CANARIES}test_no_command_says_what_a_system_repeats",
                "tests/connector/test_redaction.py::"
                "test_every_form_of_a_secret_is_masked_and_what_stands_around_it_stays",
                "tests/connector/test_redaction.py::test_a_secret_in_base64_is_masked_alone_and_joined",
            ),
            "df6bb67",
            "HaloPSA's client secret in what `check` says",
        ),
        Attack(
            "A ticket system repeats what it was sent, and it stands in a row, a log line or an answer.",
            (
                f"{_CANARIES}test_no_row_no_log_and_no_answer_holds_any",
                "tests/connector/store/test_secrets.py::"
                "test_nothing_that_a_system_repeats_of_our_secrets_gets_into_a_row",
                f"{_PROCESSES}test_no_process_tells_or_keeps_any",
            ),
            "df6bb67",
            "HaloPSA's client secret in a row, from its own answer",
        ),
        Attack(
            "A refused variable, `https://user:password@…`, is printed whole.",
            (
                f"{_CANARIES}test_a_refused_variable_is_told_without_what_is_secret_in_it",
                "tests/connector/systems/test_variables.py::"
                "test_a_refused_address_is_told_without_what_may_be_secret_in_it",
            ),
            "df6bb67",
            "8 of 15 refused variables tell their secret",
        ),
        Attack(
            "A crash prints a secret in its traceback.",
            (
                f"{_CANARIES}test_a_crash_of_a_command_tells_none",
                "tests/connector/test_terminal.py::test_what_nobody_caught_is_told_without_secrets_in_every_thread",
            ),
            "df6bb67",
            "`ValueError: refused: 1-14-…`",
        ),
        Attack(
            "A secret with a comma in it becomes two, the second short, and nobody notices.",
            (
                "tests/connector/cli/checks/test_settings.py::"
                "test_secrets_that_are_lists_are_listed_by_how_many_values_they_hold",
                "tests/connector/systems/test_variables.py::"
                "test_a_secret_of_webhooks_that_can_be_guessed_is_refused_each_of_several",
            ),
            "df6bb67",
            "`check` says nothing of it",
        ),
        Attack(
            "A webhook's secret of a few letters is guessed.",
            (
                "tests/connector/systems/test_variables.py::"
                "test_a_secret_of_webhooks_that_can_be_guessed_is_refused_each_of_several",
            ),
            "df6bb67",
            "a secret of three letters is taken",
        ),
        Attack(
            "`/metrics` names managers.",
            (
                "tests/connector/test_metrics.py::"
                "test_an_override_is_counted_once_and_not_where_it_could_not_be_committed",
            ),
            "5738fb5",
            '`manager="mia"`',
        ),
        Attack(
            "While the database does not answer, `/health` and what is below it say at which host it should be.",
            ("tests/connector/web/test_health.py::test_what_cannot_be_read_is_never_fine",),
            "86f2265",
            "`failed to resolve host 'db.internal…'`",
        ),
        Attack(
            "`/health` and what is below it name a ticket or a client.",
            (
                "tests/connector/web/console/test_health_page.py::"
                "test_it_shows_version_mode_health_and_counts_but_no_ticket",
                "tests/connector/web/test_health.py::"
                "test_every_trouble_is_a_reason_with_its_cause_and_without_its_detail",
            ),
        ),
        Attack(
            "A secret is committed.",
            (
                "tests/test_secrets_scan.py::test_nothing_that_is_committed_looks_like_a_secret",
                "tests/test_secrets_scan.py::test_a_planted_secret_is_found_wherever_it_is_put_and_not_shown",
            ),
            "a6e3f2f",
            "a token in a test passes the checks",
        ),
    ),
    "What goes out": (
        Attack(
            "A client's words in a message call a whole channel, or hide where a link leads.",
            (
                "tests/connector/worker/test_plain_messages.py::test_nobody_is_called_by_a_clients_words",
                "tests/connector/worker/test_plain_messages.py::test_markup_of_the_services_is_text",
            ),
            "5738fb5",
            "somebody is called in each of eleven services",
        ),
        Attack(
            "A message that its target refuses holds up all that come after it, for a day.",
            (
                "tests/connector/worker/test_messages.py::test_the_next_is_sent_and_the_refused_one_given_up_and_told",
                "tests/connector/worker/test_messages.py::"
                "test_of_many_that_were_sent_together_one_refused_does_not_hold_up_the_others",
            ),
            "5738fb5",
            "nothing sent after five tries",
        ),
        Attack(
            "A ticket system's words steer the terminal of whoever runs a command, or turn its lines around.",
            (
                f"{_COMMANDS}test_what_a_system_answered_steers_no_terminal_and_becomes_no_formula",
                "tests/connector/cli/test_start_up.py::test_every_command_says_what_it_says_through_one_door",
                "tests/connector/test_terminal.py::test_a_sign_that_a_terminal_would_obey_is_replaced",
            ),
            "df6bb67",
            "U+202E in a line of `dead-letters list`",
        ),
        Attack(
            "A field of a printed table becomes a formula in a sheet.",
            (
                f"{_COMMANDS}test_what_a_system_answered_steers_no_terminal_and_becomes_no_formula",
                "tests/connector/cli/test_tickets.py::"
                "test_the_sheet_has_no_formula_and_no_sign_that_a_terminal_would_obey",
                "tests/connector/test_terminal.py::test_a_field_cannot_become_a_formula",
            ),
            "df6bb67",
            "a field `=HYPERLINK(1)`",
        ),
        Attack(
            "A character in the audit trail ends an export with a crash, where the terminal lacks it.",
            (
                f"{_COMMANDS}test_an_export_is_json_also_where_the_terminal_lacks_most_letters",
                "tests/connector/test_terminal.py::"
                "test_any_document_comes_out_as_lines_that_every_file_takes_and_reads_as_it_was",
            ),
            "df6bb67",
            "UnicodeEncodeError",
        ),
    ),
    "The trail": (
        Attack(
            "Who may write to the database cuts the trail's end off, and rewrites where it ends.",
            (
                f"{_TRAIL}test_who_truncates_a_chain_and_rewrites_its_end_is_found_out",
                f"{_TRAIL}test_who_truncates_a_chain_and_lets_it_grow_again_is_found_out",
                f"{_TRAIL}test_who_brings_back_an_older_copy_of_the_whole_database_is_found_out",
            ),
            "86f2265",
            "intact: 7 entries",
        ),
        Attack(
            "He deletes or changes an entry and works every hash after it out anew.",
            (
                f"{_TRAIL}test_who_deletes_in_the_middle_and_numbers_and_hashes_the_rest_anew_is_found_out",
                f"{_TRAIL}test_who_changes_the_date_of_an_entry_and_hashes_all_after_it_anew_is_found_out",
                f"{_TRAIL}test_who_swaps_two_chains_is_found_out",
            ),
            "86f2265",
            "intact: 9 entries",
        ),
        Attack(
            "He appends an entry with an old date.",
            (f"{_TRAIL}test_who_adds_an_entry_that_is_dated_before_a_head_that_has_not_got_it_is_found_out",),
            "008da3a",
            "intact",
        ),
        Attack(
            "He cuts what he did off at a checkpoint that he signs with the stolen key.",
            (
                f"{_TRAIL}test_who_cuts_what_he_did_with_the_stolen_key_is_found_out_by_a_head_that_is_still_kept",
                f"{_TRAIL}test_who_dates_such_a_checkpoint_back_is_found_out",
                f"{_TRAIL}test_who_puts_a_whole_new_trail_behind_a_checkpoint_of_his_is_found_out",
            ),
            "008da3a",
            "the words of an honest cut",
        ),
        Attack(
            "He forges the head that was kept elsewhere, or nobody kept one.",
            (
                f"{_TRAIL}test_a_head_that_was_changed_is_not_taken",
                "tests/connector/worker/test_housekeeping.py::"
                "test_once_an_hour_the_log_says_where_the_audit_trail_ends_signed",
                "tests/connector/app/test_heartbeat.py::"
                "test_while_all_is_well_the_signed_head_of_the_audit_trail_is_sent",
            ),
            "008da3a",
            "a forged head is taken: intact",
        ),
    ),
    "A hostile ticket system": (
        Attack(
            "Answers without an end, of hundreds of megabytes, or packed into little take the worker's memory.",
            (
                _MEMORY,
                "tests/adapters/test_http.py::test_an_answer_that_unpacks_to_very_much_is_refused_while_it_is_unpacked",
                "tests/adapters/test_http.py::test_of_an_error_no_more_is_read_than_can_be_shown",
                "tests/adapters/test_json_text.py::"
                "test_more_values_than_fit_into_memory_are_refused_before_they_are_made",
            ),
            "bb6fb87",
            "401 MB",
        ),
        Attack(
            "Numbers that are none, or too large, crash a turn; deep answers and those of wrong types try to.",
            (
                _READING,
                "tests/adapters/test_json_text.py::test_what_is_no_number_is_refused",
                "tests/adapters/test_json_text.py::test_what_is_nested_too_deeply_is_refused",
                "tests/fuzz/test_answers.py::test_a_lifetime_of_a_token_that_cannot_be_is_no_crash",
            ),
            "bb6fb87",
            "ValueError and OverflowError",
        ),
        Attack(
            "A system that refuses a move and makes it all the same has us say that it could not be made.",
            (f"{_HOSTILE}test_whatever_a_write_is_answered_it_is_done_once_and_on_this_ticket_alone",),
            "001201d",
            "a second note on the ticket, on each system",
        ),
        Attack(
            "A hostile system keeps the tickets of the other connection waiting.",
            (
                f"{_HOSTILE}test_a_hostile_system_keeps_its_own_tickets_waiting_and_nobody_elses",
                f"{_HOSTILE}test_tickets_that_are_answered_hostilely_wait_each_by_itself",
            ),
        ),
    ),
    "Found by fresh eyes": (
        Attack(
            "A caller of `WORKER_METRICS_PORT` keeps a thread and a file for as long as a byte comes now and then.",
            (
                f"{_SIDE}test_who_sends_a_byte_now_and_then_is_hung_up_on_all_the_same",
                f"{_SIDE}test_of_those_who_never_finish_only_so_many_stay",
            ),
            "3fa2e3a",
            "it is listened to for as long as the test goes on",
        ),
        Attack(
            "A caller of `WORKER_METRICS_PORT` who hangs up leaves a traceback, and a refusal repeats what was sent.",
            (
                f"{_SIDE}test_who_hangs_up_is_no_traceback",
                f"{_SIDE}test_a_refusal_repeats_nothing_of_what_was_sent",
            ),
            "3fa2e3a",
            "a traceback, and what was sent in the answer",
        ),
        Attack(
            "A target of notifications answers without an end, and the worker's memory grows.",
            (f"{_NOTIFIER}test_an_answer_without_an_end_is_read_in_its_beginning",),
            "161f685",
            "the answer was read on until the test was ended",
        ),
        Attack(
            "A target of notifications redirects the connector to an address on the inside.",
            (f"{_NOTIFIER}test_a_message_goes_nowhere_but_to_its_target",),
            "161f685",
            "each of five redirections is followed",
        ),
        Attack(
            "A file of settings that has no end, or is a pipe, takes a command's memory, or has it wait.",
            (
                "tests/connector/config/test_files.py::test_what_has_no_end_is_not_read",
                "tests/connector/config/test_files.py::test_a_pipe_is_not_waited_for",
            ),
            "bc187eb",
            "MemoryError at 1.5 GB",
        ),
    ),
    "What never got in": (
        Attack(
            "31,500 mutated webhooks.",
            (
                "tests/fuzz/test_doors.py::test_a_signed_body_is_taken_or_refused_whatever_it_holds",
                "tests/fuzz/test_targets.py::test_no_target_is_broken_by_a_hundredth_of_its_inputs",
            ),
        ),
        Attack(
            "One request within another.",
            (
                f"{_DOORS}test_nothing_of_a_refused_request_is_taken_for_the_next_one",
                "tests/fuzz/test_doors.py::test_whatever_comes_over_the_wire_is_answered_once_and_by_no_error_of_ours",
            ),
        ),
        Attack(
            "A redirection, a page's link or a key's address leads our credentials to another host.",
            (
                "tests/adapters/test_http.py::test_a_redirect_is_refused_and_not_followed",
                "tests/adapters/test_http.py::test_a_foreign_host_is_never_called",
                "tests/adapters/connectwise/test_client.py::"
                "test_full_pages_lead_on_by_the_id_in_the_link_and_never_to_its_host",
                f"{_CW_WEBHOOK}test_a_key_address_anywhere_else_is_refused_before_any_look_up",
            ),
        ),
        Attack(
            "Another customer of the same cloud signs for us.",
            (f"{_CW_WEBHOOK}test_another_customer_of_the_same_cloud_cannot_sign_for_us",),
        ),
        Attack(
            "A file of a package that is installed was tampered with.",
            ("tests/test_locks.py::test_what_make_installs_is_proven_by_its_hash_and_never_built",),
        ),
    ),
}
"""By the headings of what was built against them."""
