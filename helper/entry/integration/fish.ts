/** Evaluated after all that the person has written for it. */
export const fish = String.raw`
set -e BURROW_SHELL_INTEGRATION
function __burrow_escape
    string replace -a \\ \\\\ -- $argv[1] | string replace -a ';' '\x3b' | string replace -ra '[[:cntrl:]]' '?'
end
function __burrow_preexec --on-event fish_preexec
    printf '\e]633;C\a'
end
function __burrow_postexec --on-event fish_postexec
    printf '\e]633;D;%s\a' $status
end
function __burrow_cancel --on-event fish_cancel
    printf '\e]633;D\a'
end
functions -c fish_prompt __burrow_fish_prompt
function fish_prompt
    printf '\e]633;A\a\e]633;P;Cwd=%s\a' (__burrow_escape $PWD)
    __burrow_fish_prompt
    printf '\e]633;B\a'
end
`;
