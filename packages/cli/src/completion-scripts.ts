/** Scripts that teach a shell to ask the program itself, by cobra's `__complete`, what goes at the cursor. */
import { FlagError } from './flag-parser.ts';

const scripts: Readonly<Record<string, (name: string) => string>> = { bash, zsh, fish };

/** `completion SHELL`. */
export function printCompletionScript(name: string, args: readonly string[]): number {
  const [shell = ''] = args;
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
  if (args.length !== 1 || !script)
    throw new FlagError(`completion needs the name of a shell: ${Object.keys(scripts).join(', ')}`);
  process.stdout.write(script(name));
  return 0;
}

function bash(name: string): string {
  return `# bash completion for ${name}
_${name}_complete() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" out directive line
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  # bash splits at '=': put --flag=value together again.
  local joined=() word
  for word in "\${words[@]}"; do
    if [[ \${#joined[@]} -gt 0 && ( $word == = || \${joined[-1]} == --*= ) ]]; then joined[-1]+=$word; else joined+=("$word"); fi
  done
  out=$("\${COMP_WORDS[0]}" __completeNoDesc "\${joined[@]}" 2>/dev/null) || return
  directive=\${out##*:}
  COMPREPLY=()
  while IFS= read -r line; do
    [[ $line == :* || -z $line ]] && continue
    [[ \${joined[-1]} == --*=* ]] && line=\${line#*=}
    COMPREPLY+=("$line")
  done <<<"$out"
  (( directive & 2 )) && compopt -o nospace
  if (( \${#COMPREPLY[@]} == 0 && !(directive & 4) )); then
    [[ $cur == = ]] && cur=
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$cur")
  fi
}
complete -F _${name}_complete ${name}
`;
}

function zsh(name: string): string {
  return `#compdef ${name}
# zsh completion for ${name}
_${name}() {
  local -a lines proposals
  local line directive=0
  lines=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${lines[@]}"; do
    if [[ $line == :* ]]; then directive=\${line#:}; elif [[ -n $line ]]; then
      proposals+=("\${\${line%%$'\\t'*}//:/\\\\:}\${\${line#*$'\\t'}:+:\${line#*$'\\t'}}")
    fi
  done
  if (( \${#proposals} > 0 )); then
    if (( directive & 2 )); then _describe -V completions proposals -S ''; else _describe -V completions proposals; fi
  elif (( !(directive & 4) )); then
    _files
  fi
}
if [[ "\${funcstack[1]}" == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function fish(name: string): string {
  return `# fish completion for ${name}
function __${name}_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l lines ($words[1] __complete $words[2..-1] 2>/dev/null)
  set -l directive (string replace -r '^:' '' -- $lines[-1])
  if test (count $lines) -gt 1
    printf '%s\\n' $lines[1..-2]
  else if test (math "floor($directive / 4) % 2") -eq 0
    __fish_complete_path (commandline -ct)
  end
end
complete -c ${name} -f -a '(__${name}_complete)'
`;
}
