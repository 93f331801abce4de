/**
 * Evaluated as the first PROMPT_COMMAND. PS0 is of bash 4.4, and an older one is left alone. The shell notes that a command
 * runs in an arithmetic expression within PS0: everything else there would be done in a child.
 */
export const bash = String.raw`
unset BURROW_SHELL_INTEGRATION
PROMPT_COMMAND=${'$'}{PROMPT_COMMAND//'eval "$BURROW_SHELL_INTEGRATION"'/__burrow_prompt}
export -n PROMPT_COMMAND
if [ "${'$'}{BASH_VERSINFO[0]}" -gt 4 ] || { [ "${'$'}{BASH_VERSINFO[0]}" -eq 4 ] && [ "${'$'}{BASH_VERSINFO[1]}" -ge 4 ]; }; then
  __burrow_ran=0
  __burrow_zero=0
  __burrow_escape() {
    local text=$1
    text=${'$'}{text//\\/\\\\}
    text=${'$'}{text//;/\\x3b}
    text=${'$'}{text//[[:cntrl:]]/?}
    printf %s "$text"
  }
  __burrow_prompt() {
    local status=$?
    if [ "$__burrow_ran" = 1 ]; then printf '\e]633;D;%s\a' "$status"; else printf '\e]633;D\a'; fi
    __burrow_ran=0
    printf '\e]633;P;Cwd=%s\a' "$(__burrow_escape "$PWD")"
    case $PS1 in *'633;B'*) ;; *) PS1='\[\e]633;A\a\]'$PS1'\[\e]633;B\a\]' ;; esac
    return "$status"
  }
  PS0=${'$'}{PS0-}'${'$'}{__burrow_zero:$((__burrow_ran=1,0)):0}\e]633;C\a'
  __burrow_prompt
else
  __burrow_prompt() { :; }
fi
`;
