"""The sentence of each rule in both languages; the names in braces are the values a step gives."""

from collections.abc import Mapping

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "reading.value": {
        "zh": "合计 {numerator}，乘以 {scale}，得 {gives}。",
        "en": "The sum {numerator} times {scale} gives {gives}.",
    },
    "reading.ratio": {
        "zh": "{numerator} ÷ {denominator} × {scale} = {gives}。",
        "en": "{numerator} ÷ {denominator} × {scale} = {gives}.",
    },
    "reading.no_facts": {"zh": "本期没有任何记录。", "en": "There is no record in this period."},
    "reading.not_supplied": {
        "zh": "有记录，但来源没有提供所需字段。",
        "en": "There are records, but the source left the needed field empty.",
    },
    "reading.zero_denominator": {"zh": "分母为0，无法计算比率。", "en": "The denominator is 0, so there is no ratio."},
    "reading.delayed": {"zh": "数据延迟统计，尚未给出。", "en": "The source delivers this figure later."},
    "reading.no_previous": {"zh": "没有上期数据可比。", "en": "There is no earlier period to compare with."},
    "target.own": {
        "zh": "个人目标为 {gives}（方案目标 {usual}），底线与挑战值按同一比例调整。",
        "en": "The own target is {gives} (the scheme's is {usual}); floor and stretch move in proportion.",
    },
    "target.goal": {
        "zh": "目标取自 {day} 确认的绩效目标。",
        "en": "The target is from the goal agreed on {day}.",
    },
    "target.person": {"zh": "目标按个人单独设定。", "en": "The target is set for this person."},
    "target.group": {"zh": "目标按“{group}”设定。", "en": "The target is set for “{group}”."},
    "target.history.own": {
        "zh": "本人此前 {count} 期的平均值 {mean} × {factor} = {gives}。",
        "en": "The own mean of {count} periods before, {mean}, times {factor} is {gives}.",
    },
    "target.history.group": {
        "zh": "同组此前 {count} 期的平均值 {mean} × {factor} = {gives}。",
        "en": "The group's mean of {count} periods before, {mean}, times {factor} is {gives}.",
    },
    "target.formula": {
        "zh": "目标按公式 {formula} 计算，其中 {values}，得 {gives}。",
        "en": "The target follows {formula} with {values}: {gives}.",
    },
    "target.no_history": {
        "zh": "此前 {periods} 期没有可用的数据。",
        "en": "None of the {periods} periods before has a value.",
    },
    "target.no_formula": {
        "zh": "公式 {formula} 所需的历史数据不全，无法计算。",
        "en": "The history that {formula} needs is missing.",
    },
    "target.usual": {"zh": "因此沿用方案目标 {gives}。", "en": "So the scheme's target of {gives} holds."},
    "target.unusable": {
        "zh": "算出的目标 {target} 不适用于这条曲线，因此沿用方案目标 {gives}。",
        "en": "The curve cannot take a target of {target}, so the scheme's {gives} holds.",
    },
    "curve.target.below": {
        "zh": "{value} 未达到底线 {floor}，得 {gives} 分。",
        "en": "{value} misses the floor {floor}: {gives} points.",
    },
    "curve.target.between": {
        "zh": "{value} 在底线 {floor}（{floor_score} 分）与目标 {target}（{target_score} 分）之间，"
        "按比例得 {gives} 分。",
        "en": "{value} lies between floor {floor} ({floor_score} points) and target {target} ({target_score} points): "
        "{gives} points in proportion.",
    },
    "curve.target.reached": {
        "zh": "{value} 达到目标 {target}，得 {gives} 分。",
        "en": "{value} reaches the target {target}: {gives} points.",
    },
    "curve.target.above": {
        "zh": "{value} 在目标 {target}（{target_score} 分）与挑战值 {stretch}（{cap} 分）之间，按比例得 {gives} 分。",
        "en": "{value} lies between target {target} ({target_score} points) and stretch {stretch} ({cap} points): "
        "{gives} points in proportion.",
    },
    "curve.target.stretched": {
        "zh": "{value} 达到挑战值 {stretch}，得最高 {gives} 分。",
        "en": "{value} reaches the stretch {stretch}: the most, {gives} points.",
    },
    "curve.steps.below": {
        "zh": "{value} 未达到任何一档，得 {gives} 分。",
        "en": "{value} reaches no step: {gives} points.",
    },
    "curve.steps.reached": {
        "zh": "{value} 达到 {at} 一档，得 {gives} 分。",
        "en": "{value} reaches the step at {at}: {gives} points.",
    },
    "curve.deduct.reached": {
        "zh": "{value} 达到目标 {target}，不扣分，得 {gives} 分。",
        "en": "{value} reaches the target {target}, nothing is deducted: {gives} points.",
    },
    "curve.deduct.short": {
        "zh": "{value} 与目标 {target} 相差 {units} 个 {per}，每个扣 {points} 分，"
        "从 {start} 分扣起，最低 {at_least} 分，得 {gives} 分。",
        "en": "{value} is {units} times {per} short of the target {target}; each costs {points} of {start} points, "
        "never below {at_least}: {gives} points.",
    },
    "curve.add.short": {
        "zh": "{value} 未超过目标 {target}，得基础分 {gives} 分。",
        "en": "{value} is not beyond the target {target}: the base of {gives} points.",
    },
    "curve.add.beyond": {
        "zh": "{value} 超过目标 {target} 达 {units} 个 {per}，每个加 {points} 分，"
        "从 {base} 分加起，最高 {cap} 分，得 {gives} 分。",
        "en": "{value} is {units} times {per} beyond the target {target}; each adds {points} to {base} points, "
        "at most {cap}: {gives} points.",
    },
    "curve.ratio.higher": {
        "zh": "完成率 {value} ÷ {target}，最高 {cap} 分，得 {gives} 分。",
        "en": "{value} ÷ {target} of the target, at most {cap}: {gives} points.",
    },
    "curve.ratio.lower": {
        "zh": "越低越好:{target} ÷ {value}，最高 {cap} 分，得 {gives} 分。",
        "en": "Lower is better: {target} ÷ {value}, at most {cap}: {gives} points.",
    },
    "curve.ratio.none": {
        "zh": "越低越好，{value} 已是最好，得最高 {gives} 分。",
        "en": "Lower is better and {value} cannot be beaten: the most, {gives} points.",
    },
    "curve.rank": {
        "zh": "{value} 在 {group} 人中排第 {rank}，第一得 {best} 分，最后得 {worst} 分，本人得 {gives} 分。",
        "en": "{value} ranks {rank} of {group}; the first gets {best}, the last {worst}: {gives} points.",
    },
    "curve.veto.kept": {
        "zh": "{value} 未越过红线 {limit}，得 {gives} 分。",
        "en": "{value} keeps the limit {limit}: {gives} points.",
    },
    "curve.veto.broken": {
        "zh": "{value} 越过红线 {limit}，得 {gives} 分，一票否决。",
        "en": "{value} breaks the limit {limit}: {gives} points, and a veto.",
    },
    "curve.binary.met": {
        "zh": "{value} 达到目标 {target}，得 {gives} 分。",
        "en": "{value} meets the target {target}: {gives} points.",
    },
    "curve.binary.missed": {
        "zh": "{value} 未达到目标 {target}，得 {gives} 分。",
        "en": "{value} misses the target {target}: {gives} points.",
    },
    "weights.season": {
        "zh": "{season_zh}（{start} 起，{until} 前）:指定权重合计 {fixed}，其余指标按比例分 {gives}。",
        "en": "{season_en} (from {start}, before {until}): its weights sum to {fixed}, "
        "the others share {gives} in proportion.",
    },
    "weights.without": {
        "zh": "{excluded} 缺数据不计，其余权重 {kept} 按比例放大到 {gives}。",
        "en": "{excluded} left out for lack of data; the remaining {kept} grow in proportion to {gives}.",
    },
    "line.points": {
        "zh": "权重 {weight}% × {score} 分 = {gives} 分。",
        "en": "Weight {weight} % × {score} points = {gives} points.",
    },
    "line.carried": {
        "zh": "{indicator} 本期缺数据，沿用上期的 {gives}。",
        "en": "{indicator} has no data this period; the {gives} of the period before stands in.",
    },
    "line.excluded": {
        "zh": "{indicator} 缺数据，不计入，也不按0分计。",
        "en": "{indicator} has no data and is left out; it does not count as 0.",
    },
    "line.blocked": {
        "zh": "{indicator} 缺数据，需人工处理后才能出总分。",
        "en": "{indicator} has no data; someone must decide before there is a total.",
    },
    "adjustment.missing": {
        "zh": "{indicator} 缺数据，本项加减分为 {gives}。",
        "en": "{indicator} has no data: {gives} extra points.",
    },
    "adjustment.per_unit": {
        "zh": "{value} 越过 {beyond} 计 {units} 个 {per}，每个 {points} 分，计 {gives} 分。",
        "en": "{value} passes {beyond} by {units} times {per}, {points} points each: {gives} points.",
    },
    "adjustment.tier": {
        "zh": "{value} 到达 {at} 一档，计 {gives} 分。",
        "en": "{value} reaches the step at {at}: {gives} points.",
    },
    "adjustment.tier.none": {
        "zh": "{value} 未到任何一档，计 {gives} 分。",
        "en": "{value} reaches no step: {gives} points.",
    },
    "veto.curve": {
        "zh": "{indicator} 一票否决，总分记 {gives}。",
        "en": "{indicator} vetoes the card: the total is {gives}.",
    },
    "veto.rule": {
        "zh": "{indicator} 为 {value}，越过红线 {limit}，一票否决:{gives}。",
        "en": "{indicator} is {value} and breaks the limit {limit}; veto: {gives}.",
    },
    "veto.unknown": {
        "zh": "{indicator} 缺数据，无法判断是否否决，不予否决。",
        "en": "{indicator} has no data, so nothing is vetoed.",
    },
    "total.sum": {
        "zh": "各项合计 {subtotal}，加减分 {adjustments}，共 {gives} 分。",
        "en": "The lines sum to {subtotal}, extra points to {adjustments}: {gives} points.",
    },
    "total.at_least_zero": {"zh": "总分最低 {gives} 分。", "en": "A total is never below {gives}."},
    "total.cap": {"zh": "总分最高 {gives} 分。", "en": "A total is at most {gives}."},
    "total.vetoed": {"zh": "一票否决，总分 {gives}。", "en": "A veto makes the total {gives}."},
    "total.blocked": {
        "zh": "{indicator} 缺数据且必须有，暂无总分。",
        "en": "{indicator} is required and has no data, so there is no total yet.",
    },
    "total.nothing_to_score": {"zh": "没有可计分的指标，暂无总分。", "en": "There is nothing to score, so no total."},
    "total.span": {
        "zh": "在岗 {all_days} 天中的 {days} 天，总分 {gives}。",
        "en": "For {days} of {all_days} days the total is {gives}.",
    },
    "total.merged": {
        "zh": "按 {all_days} 天加权平均，得 {gives} 分。",
        "en": "Weighted by days, {all_days} in all: {gives} points.",
    },
    "grade.band": {
        "zh": "总分 {total} 不低于 {at_least}，评为 {gives}。",
        "en": "The total {total} is at least {at_least}: grade {gives}.",
    },
    "grade.quota": {
        "zh": "{group} 人中排第 {rank}，评为 {gives}（比例 {share}，{places} 个名额，同分不拆）。",
        "en": "Rank {rank} of {group}: grade {gives} (share {share}, {places} places, ties are not split).",
    },
    "grade.small_group": {
        "zh": "本组 {group} 人，少于 {small_group} 人，不做强制分布，按分数段评级。",
        "en": "The group has {group} people, fewer than {small_group}: graded by bands, without quotas.",
    },
    "decision.points": {
        "zh": "{zh}（第 {number} 号）计 {points} 分，理由：{reason}；总分 {gives}。",
        "en": "{en} no. {number} counts {points} points ({reason}): the total is {gives}.",
    },
    "decision.no_total": {
        "zh": "{zh}（第 {number} 号）计 {points} 分，但没有总分可加。",
        "en": "{en} no. {number} counts {points} points, but there is no total to add them to.",
    },
    "decision.grade": {
        "zh": "{zh}（第 {number} 号）由 {earned} 改评为 {gives}，理由：{reason}。",
        "en": "{en} no. {number} changes the grade from {earned} to {gives} ({reason}).",
    },
    "grade.none": {"zh": "没有总分，不评级。", "en": "Without a total there is no grade."},
    "grade.vetoed": {
        "zh": "原评 {earned}，因一票否决最高为 {gives}。",
        "en": "Earned {earned}; a veto allows {gives} at best.",
    },
    "reward.raised": {
        "zh": "{indicator} 为 {value}，目标 {target}，超出 {over}；每达 {over_target} 上调 {raise_by}，上调 {gives}。",
        "en": "{indicator} is {value} against {target}, over by {over}; at {over_target} the raise is {raise_by}: "
        "raised by {gives}.",
    },
    "reward.unknown": {
        "zh": "{indicator} 没有本期数据或目标，上调 {gives}。",
        "en": "{indicator} has no value of this period or no target: raised by {gives}.",
    },
    "reward.factor": {"zh": "奖励系数为 {gives}。", "en": "The reward factor is {gives}."},
    "bonus.by_score": {
        "zh": "得分 {score} × 基数 {base} × 出勤 {attendance} × 奖励系数 {factor} = {gives}。",
        "en": "Score {score} × base {base} × attendance {attendance} × factor {factor} = {gives}.",
    },
    "bonus.by_grade": {
        "zh": "等级 {grade} 系数 {coefficient} × 基数 {base} × 出勤 {attendance} = {gives}。",
        "en": "Grade {grade}, coefficient {coefficient} × base {base} × attendance {attendance} = {gives}.",
    },
    "bonus.equal": {
        "zh": "平均分配，出勤 {attendance}，计 {gives} 份。",
        "en": "Equal parts; attendance {attendance}: {gives} part.",
    },
    "bonus.no_score": {"zh": "没有得分，计 {gives}。", "en": "No score, so a claim of {gives}."},
    "bonus.no_grade": {"zh": "没有等级，计 {gives}。", "en": "No grade, so a claim of {gives}."},
    "bonus.share": {
        "zh": "{pool} 元 × {weight} ÷ {weights} = {gives} 元（余分归余数最大者）。",
        "en": "{pool} yuan × {weight} ÷ {weights} = {gives} yuan (left-over fen to the largest remainders).",
    },
    "bonus.part": {
        "zh": "奖金池 {pool} 元的 {share} 为 {gives} 元。",
        "en": "{share} of the pool of {pool} yuan is {gives} yuan.",
    },
    "bonus.sum": {"zh": "各部分合计 {gives} 元。", "en": "The parts sum to {gives} yuan."},
    "bonus.team_fund": {"zh": "{gives} 元进入团队基金。", "en": "{gives} yuan go to the team fund."},
    "bonus.capped": {
        "zh": "应得 {share} 元超过上限，得 {gives} 元，超出部分分给未到上限的人。",
        "en": "The share of {share} yuan is above the cap: {gives} yuan; the rest goes to those below theirs.",
    },
    "bonus.floored": {
        "zh": "应得 {share} 元低于保底，得 {gives} 元。",
        "en": "The share of {share} yuan is below the floor: {gives} yuan.",
    },
    "bonus.levelled": {
        "zh": "应得 {share} 元，因他人的上限或保底，得 {gives} 元。",
        "en": "The share of {share} yuan becomes {gives} yuan through the limits of others.",
    },
}
